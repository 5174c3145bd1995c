//! URLs, well and badly formed.

use super::*;
use crate::ErrorKind;

const SETTINGS: &[Setting] = &[
    Setting::new("host", ""),
    Setting::new("port", ""),
    Setting::new("user", ""),
    Setting::new("password", "").secret(),
    Setting::new("name", "").database(),
    Setting::new("ssl_mode", ""),
];

fn parsed(rest: &str) -> Result<ServerUrl> {
    ServerUrl::parse(rest, &ConnectionConfig::new("main", "x"))
}

fn settings(rest: &str) -> Result<ConnectionConfig> {
    let mut config = ConnectionConfig::new("main", "x");
    ServerUrl::parse(rest, &config)?.apply(SETTINGS, &mut config).map(|()| config)
}

#[test]
fn every_part_is_read_and_decoded() {
    let cases = [
        ("//", [None; 5]),
        ("///", [None; 5]),
        ("//host", [None, None, Some("host"), None, None]),
        ("//host/app", [None, None, Some("host"), None, Some("app")]),
        ("//host:1/app", [None, None, Some("host"), Some("1"), Some("app")]),
        ("//ada@host", [Some("ada"), None, Some("host"), None, None]),
        ("//ada:@host", [Some("ada"), None, Some("host"), None, None]),
        ("//:secret@host", [None, Some("secret"), Some("host"), None, None]),
        ("//ada:secret@/app", [Some("ada"), Some("secret"), None, None, Some("app")]),
        ("///app", [None, None, None, None, Some("app")]),
        ("//:65535/app", [None, None, None, Some("65535"), Some("app")]),
        ("//[::1]/app", [None, None, Some("::1"), None, Some("app")]),
        ("//[::1]:5/app", [None, None, Some("::1"), Some("5"), Some("app")]),
        ("//[fe80::1%25eth0]", [None, None, Some("fe80::1%eth0"), None, None]),
        ("//%2Fvar%2Frun/app", [None, None, Some("/var/run"), None, Some("app")]),
        (
            "//a%3Ab:p%40%2F%3A%3F%23%25@host/d%2Fb",
            [Some("a:b"), Some("p@/:?#%"), Some("host"), None, Some("d/b")],
        ),
        ("//%C3%9C:$x$@h", [Some("Ü"), Some("$x$"), Some("h"), None, None]),
    ];
    for (rest, [user, password, host, port, database]) in cases {
        let url = parsed(rest).unwrap();
        let port = port.map(|port| port.parse::<u16>().unwrap());
        assert_eq!(url.user.as_deref(), user, "{rest}");
        assert_eq!(url.password.as_deref(), password, "{rest}");
        assert_eq!(url.host.as_deref(), host, "{rest}");
        assert_eq!((url.port, url.database.as_deref()), (port, database), "{rest}");
    }
}

#[test]
fn each_wrong_part_is_named_and_not_shown() {
    let cases = [
        ("", "`//`"),
        ("canary", "`//`"),
        ("/canary", "`//`"),
        ("//u:can/ary@host/db", "`@` behind the first `/`"),
        ("//u:can@ary@host/db", "more than one `@`"),
        ("//u:can:ary@host/db", "second `:`"),
        ("//u:can#ary@host/db", "`#`"),
        ("//host/db#canary", "`#`"),
        ("//u:can?ary@host/db", "port"),
        ("//u%zz:canary@host/db", "user"),
        ("//u:canary%@host/db", "password"),
        ("//u:canary%ff@host/db", "password"),
        ("//u:canary%00@host/db", "password of the URL has a NUL"),
        ("//canary%z/db", "host"),
        ("//canary%00/db", "host"),
        ("//can ary/db", "host"),
        ("//can%0Aary/db", "host"),
        ("//can,ary/db", "host"),
        ("//[canary]/db", "host"),
        ("//[::1/canary", "host"),
        ("//[::1]canary/db", "host"),
        ("//[]/canary", "host"),
        ("//::1/canary", "host"),
        ("//h:/canary", "port"),
        ("//h:0/canary", "port"),
        ("//h:+1/canary", "port"),
        ("//h:-1/canary", "port"),
        ("//h:99999/canary", "port"),
        ("//h:canary/db", "port"),
        ("//h/canary%zz", "database"),
        ("//h/can/ary", "path"),
        ("//h/db?canary", "option"),
        ("//h/db?=canary", "option"),
        ("//h/db?x=%zcanary", "option"),
        ("//h/db?%zz=canary", "option"),
        ("//h/db?ssl_mode=1&ssl_mode=canary", "twice"),
        ("//h/db?ssl_mode=1&sslmode=canary", "`ssl_mode` twice"),
        ("//h/db?name=canary", "`name` twice"),
        ("//h/db?sslmod=canary", "not known"),
        ("//h/db?can=ary", "ssl_mode"),
    ];
    for (rest, part) in cases {
        let error = settings(rest).unwrap_err();
        let text = format!("{error} {error:?}");
        assert_eq!((error.kind(), error.connection()), (ErrorKind::Config, Some("main")), "{text}");
        assert!(text.contains(part), "{rest}: {text}");
        assert!(!text.contains("canary") && !text.contains("ary@"), "{rest}: {text}");
    }
}

#[test]
fn the_parts_become_settings() {
    let config = settings("//ada:secret@host:5/app?sslmode=require").unwrap();
    let expected = [
        ("user", "ada"),
        ("password", "secret"),
        ("host", "host"),
        ("port", "5"),
        ("name", "app"),
        ("ssl_mode", "require"),
    ];
    for (key, value) in expected {
        assert_eq!(config.get(key), Some(value), "{key}");
    }
}

#[test]
fn a_part_that_the_driver_lacks_is_refused() {
    let mut config = ConnectionConfig::new("main", "x");
    let url = parsed("//ada@host/app").unwrap();
    let error = url.apply(&SETTINGS[..2], &mut config).unwrap_err();
    assert!(error.message().contains("user"), "{error}");
}

#[test]
fn nothing_is_shown() {
    let url = parsed("//canary:canary@canary/canary?canary=canary").unwrap();
    assert!(!format!("{url:?}").contains("canary"));
}

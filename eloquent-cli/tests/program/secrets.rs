//! A secret is nowhere in what the program says.

use crate::run::Place;

const CANARY: &str = "c4nary";

#[test]
fn no_password_is_ever_shown() {
    let url = format!("postgres://app:{CANARY}@127.0.0.1:1/shop");
    let odd = format!("postgres://app:{CANARY}@[::1/shop?sslmode=nonsense&password={CANARY}");
    let coded = format!("mysql://root:%63{}@127.0.0.1:1/shop", &CANARY[1..]);
    let places = [
        Place::with_sqlite().set("PG_PASSWORD", CANARY).set("PG_NAME", "a").set("PG_PORT", "1"),
        Place::with_sqlite().set("PG_URL", &url).set("DB_CONNECTION", "pg"),
        Place::with_sqlite().set("PG_URL", &odd).set("DB_CONNECTION", "pg"),
        Place::with_sqlite().set("DB_URL", &coded).set("DB_CONNECTION", "mysql"),
        Place::with_sqlite().set("DB_PASSWORD", CANARY).set("DB_URL", &coded),
        Place::with_sqlite().set("DB_CONNECTION", &url),
        Place::with_sqlite().set("PG_PASWORD", CANARY).set("PG_NAME", "a"),
        Place::with_sqlite().set("PG_PORT", CANARY).set("PG_NAME", "a").set("PG_USER", "a"),
        Place::with_sqlite().set("PG_HOST", &url).set("PG_NAME", &url).set("PG_USER", "a"),
        Place::with_sqlite().set("DB_PASSWORD", &format!("{CANARY}\n")),
        Place::with_env(&format!("PG_PASSWORD={CANARY}\nPG_PASSWORD='{CANARY}\n")),
        Place::with_env(&format!("PG_PASSWORD={CANARY}\nPG_PASSWORD={CANARY}\nPG_NAME=a\n")),
        Place::with_env(&format!("{CANARY}\n")),
    ];
    let lines = [
        "env:check",
        "about",
        "drivers",
        "db:ping",
        "db:ping --pg",
        "db:ping --mysql",
        "db:ping --all-connections",
        "db:ping --test",
        "db:ping --help",
        "--help",
    ];
    let mut outputs = 0;
    for place in &places {
        for line in lines {
            for form in ["", " --json"] {
                let said = place.run(&format!("{line}{form}"));
                assert!(!said.stdout.contains(CANARY), "{line}{form}: {said:?}");
                assert!(!said.stderr.contains(CANARY), "{line}{form}: {said:?}");
                outputs += 1;
            }
        }
    }
    assert!(outputs >= 50);
}

#[test]
fn what_stands_in_the_arguments_is_not_taken_for_a_name() {
    let place = Place::with_sqlite();
    let url = format!("postgres://app:{CANARY}@127.0.0.1/shop");
    let said = place.run_args(&["db:ping", "--connection", &url]);
    said.expect(2, &[]).complains(&["error["]);
    assert!(!said.stderr.contains(CANARY), "{said:?}");
}

#[test]
fn a_value_in_the_wrong_variable_is_not_shown() {
    let place = Place::with_sqlite()
        .set("DB_HOST", &format!("root:{CANARY}@localhost"))
        .set("DB_PORT", CANARY)
        .set("DB_NAME", &format!("mysql://root:{CANARY}@localhost/shop"));
    for line in ["env:check", "env:check --json", "about", "about --json"] {
        let said = place.run(line);
        assert!(!said.stdout.contains(CANARY) && !said.stderr.contains(CANARY), "{said:?}");
    }
}

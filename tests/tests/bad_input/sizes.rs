//! Values that are larger than one expects.

use std::time::{Duration, Instant};

use eloquent::ErrorKind;
use eloquent::prelude::*;

use crate::fixture::{on_servers, refused, server, within};

#[derive(Model, Debug, Clone, PartialEq)]
struct File {
    id: i64,
    content: Vec<u8>,
}

#[derive(View, Debug)]
#[view(of = File)]
struct Content {
    content: Vec<u8>,
}

const MIB: usize = 1 << 20;

/// The most memory that this process had at once, in MiB.
fn peak() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.split_whitespace().next().unwrap().parse::<usize>().unwrap() / 1024
}

/// There and back, or an error in words, with a bounded number of copies; and what comes next is as ever.
#[tokio::main(flavor = "current_thread")]
async fn two_hundred_mib_in_one_value() {
    within::<File>(async || {
        let mut content = vec![0xa7_u8; 200 * MIB];
        content[0] = 0;
        content[100 * MIB] = 1;
        content[200 * MIB - 1] = 2;
        let before = peak();
        match File::create(new!(File { content: content.clone() })).await {
            Ok(file) => {
                assert_eq!(file.content.len(), content.len());
                drop(file);
                let stored = File::query().view::<Content>().first().await.unwrap().unwrap();
                assert!(stored.content == content, "other bytes came back");
            }
            Err(error) => {
                assert!(server() == Some(eloquent_conformance::server::Server::Mysql), "{error}");
                // the server takes packets of 16 MiB, and hangs up on those that send more
                let kinds = [ErrorKind::Encode, ErrorKind::ConnectionLost];
                assert!(kinds.contains(&error.kind()), "{error}");
                assert!(error.to_string().len() < 1000, "the value is shown");
            }
        }
        let grown = peak() - before;
        assert!(grown < 7 * 200, "{grown} MiB for a value of 200");
        let small = File::create(new!(File { content: vec![1_u8, 2] })).await.unwrap();
        assert_eq!(File::find(small.id).or_fail().await.unwrap().content, [1, 2]);
    })
    .await;
}

/// A number that takes a hundred thousand digits to write down.
#[tokio::main(flavor = "current_thread")]
async fn a_number_beyond_all_decimals() {
    within::<File>(async || {
        let number = match server() {
            Some(eloquent_conformance::server::Server::Pg) => "SELECT 1e100000::numeric AS number",
            _ => "SELECT CAST(REPEAT('9', 65) AS DECIMAL(65, 0)) AS number",
        };
        let (before, began) = (peak(), Instant::now());
        let read = Db::raw(number).scalar::<Decimal>().await;
        refused(read, ErrorKind::Decode).says("text"); // the way out
        assert!(peak() - before < 50, "{} MiB", peak() - before);
        assert!(began.elapsed() < Duration::from_secs(10));
        for bound in ["1e100000", "1e29", "99999999999999999999999999999999999"] {
            assert!(bound.parse::<Decimal>().is_err(), "{bound}");
        }
    })
    .await;
}

on_servers! {
    pg:
        two_hundred_mib_in_one_value
        a_number_beyond_all_decimals
    ;
    mysql:
        two_hundred_mib_in_one_value
        a_number_beyond_all_decimals
    ;
}

//! Decimals: exact in storage, in comparison and in sums, or refused.

use eloquent::ErrorKind;
use eloquent::prelude::*;

use eloquent_conformance::server::Server;

use crate::fixture::{CANARY, Refusal, execute, refused, rows, server, within};

#[derive(Model, Debug, Clone, PartialEq)]
#[model(portable)]
struct Price {
    id: i64,
    #[model(decimal(6, 2), default)]
    amount: Decimal,
    exact: Option<Decimal>,
    #[model(unique)]
    rate: Option<Decimal>,
}

fn dec(text: &str) -> Decimal {
    Decimal::from_str_exact(text).unwrap()
}

async fn with_exact(texts: &[&str]) {
    let drafts = texts.iter().map(|text| new!(Price { exact: dec(text) }));
    Price::insert_many(drafts).await.unwrap();
}

fn texts(decimals: Vec<Option<Decimal>>) -> Vec<String> {
    decimals.into_iter().flatten().map(|decimal| decimal.to_string()).collect()
}

#[tokio::test]
async fn decimals_are_not_rounded_to_their_column() {
    within::<Price>(async || {
        let mut price = Price::create(new!(Price { amount: dec("9999.99") })).await.unwrap();
        for text in
            ["1.005", "0.001", "10000", "-10000.00", "99999.9", "79228162514264337593543950335"]
        {
            let amount = dec(text);
            let is_named =
                |refusal: Refusal| drop(refusal.of::<Price>().column("amount").hides(&[text]));
            let batch = || [new!(Price {}), new!(Price { amount }), new!(Price {})];
            is_named(refused(Price::create(new!(Price { amount })).await, ErrorKind::Encode));
            is_named(refused(Price::create_many(batch()).await, ErrorKind::Encode));
            is_named(refused(Price::insert_many(batch()).await, ErrorKind::Encode));
            let upsert = Price::upsert(batch()).unique_by(|p| p.rate);
            is_named(refused(upsert.await, ErrorKind::Encode));
            is_named(refused(price.update(|p| p.amount = amount).await, ErrorKind::Encode));
            let every = Price::update_all(|p| p.amount.set(amount));
            is_named(refused(every.await, ErrorKind::Encode));
            assert_eq!(Price::query().filter(|p| p.amount.eq(amount)).count().await.unwrap(), 0);
        }
        assert_eq!(Price::all().await.unwrap(), [price]);
    })
    .await;
}

#[tokio::test]
async fn zeros_at_the_end_do_not_count_as_digits() {
    within::<Price>(async || {
        for text in ["1.500000", "-9999.9900", "0.000", "-0.00", "9999"] {
            let price = Price::create(new!(Price { amount: dec(text) })).await.unwrap();
            assert_eq!(Price::find(price.id).or_fail().await.unwrap().amount, dec(text));
        }
    })
    .await;
}

#[tokio::test]
async fn every_digit_of_a_decimal_comes_back() {
    within::<Price>(async || {
        let texts = [
            "0.1234567890123456789012345678",
            "1234567890123456789012345678",
            "79228162514264337593543950335",
            "-79228162514264337593543950335",
            "7.9228162514264337593543950335",
            "0.0000000000000000000000000001",
            "-0.3",
        ];
        for text in texts {
            let mut price = Price::create(new!(Price { exact: dec(text) })).await.unwrap();
            price.refresh().await.unwrap();
            assert_eq!(price.exact.map(|exact| exact.to_string()).as_deref(), Some(text));
            let found = Price::query().filter(|p| p.exact.eq(dec(text))).sole().await.unwrap();
            assert_eq!(found.id, price.id);
        }
    })
    .await;
}

#[tokio::test]
async fn comparisons_look_at_the_value_and_not_at_its_digits() {
    within::<Price>(async || {
        with_exact(&["1.5", "1.50", "10", "9.5", "-3", "-10.00", "0", "-0.00", "0.09", "0.1"])
            .await;
        let count = async |condition: fn(PriceColumns) -> eloquent::query::Expr<bool>| {
            Price::query().filter(condition).count().await.unwrap()
        };
        assert_eq!(count(|p| p.exact.eq(dec("1.500"))).await, 2);
        assert_eq!(count(|p| p.exact.ne(dec("1.500"))).await, 8);
        assert_eq!(count(|p| p.exact.is_in([dec("1.5000"), dec("10.0")])).await, 3);
        assert_eq!(count(|p| p.exact.not_in([dec("1.5000"), dec("-3.0")])).await, 7);
        assert_eq!(count(|p| p.exact.between(dec("1.50"), dec("9.500"))).await, 3);
        assert_eq!(count(|p| p.exact.gt(dec("9.50"))).await, 1);
        assert_eq!(count(|p| p.exact.lt(dec("0.10"))).await, 5);
        assert_eq!(count(|p| p.exact.le(dec("-3.00"))).await, 2);
        assert_eq!(count(|p| p.exact.eq(dec("0.000"))).await, 2);
        assert_eq!(count(|p| (p.exact + dec("0.50")).eq(dec("2.0"))).await, 2);
        let many = (0..2_000).map(|i| Decimal::new(i, 1));
        assert_eq!(Price::query().filter(|p| p.exact.is_in(many)).count().await.unwrap(), 7);
        let ordered = Price::query().order_by(|p| p.exact.asc()).pluck(|p| p.exact).await.unwrap();
        let ordered: Vec<Decimal> = ordered.into_iter().flatten().collect();
        assert!(ordered.is_sorted() && ordered.len() == 10, "{ordered:?}");
        assert_eq!(Price::query().max(|p| p.exact).await.unwrap(), Some(dec("10")));
        assert_eq!(Price::query().min(|p| p.exact).await.unwrap(), Some(dec("-10")));
    })
    .await;
}

/// Other programs write decimals in other spellings.
#[tokio::test]
async fn decimals_of_any_spelling_are_told_apart_by_value() {
    within::<Price>(async || {
        execute([
            "INSERT INTO prices (id, amount, exact) VALUES (1, '0', '1.50'), (2, '0', '1.5')",
            "INSERT INTO prices (id, amount, exact) VALUES (3, '0', '01.500'), (4, '0', '15e-1')",
            "DELETE FROM prices WHERE id = 4",
            "INSERT INTO prices (id, amount, exact) VALUES (5, '0', '+2'), (6, '0', '2.0')",
        ])
        .await;
        let distinct = Price::query().distinct().select(|p| p.exact).await.unwrap();
        assert_eq!(distinct.len(), 2);
        let grouped = Price::query().group_by(|p| p.exact).select(|p| (p.exact, count()));
        let mut counts: Vec<i64> = grouped.await.unwrap().into_iter().map(|(_, n)| n).collect();
        counts.sort_unstable();
        assert_eq!(counts, [2, 3]);
        let different = Price::query().select(|p| p.exact.count_distinct()).await.unwrap();
        assert_eq!(different, [2]);
        assert_eq!(Price::query().filter(|p| p.exact.eq(dec("1.5"))).count().await.unwrap(), 3);
        assert_eq!(Price::query().filter(|p| p.exact.is_in([dec("2")])).count().await.unwrap(), 2);
    })
    .await;
}

#[tokio::test]
async fn equal_decimals_are_one_value_to_a_unique_column() {
    within::<Price>(async || {
        Price::create(new!(Price { rate: dec("1.5") })).await.unwrap();
        let again = Price::create(new!(Price { rate: dec("1.500") }));
        refused(again.await, ErrorKind::UniqueViolation).of::<Price>().column("rate");
        Price::create(new!(Price { rate: dec("0") })).await.unwrap();
        let again = Price::create(new!(Price { rate: dec("-0.00") }));
        refused(again.await, ErrorKind::UniqueViolation).of::<Price>().column("rate");
        let upsert = Price::upsert([new!(Price { rate: dec("1.50"), exact: dec("7") })]);
        upsert.unique_by(|p| p.rate).await.unwrap();
        let changed = Price::query().filter(|p| p.rate.eq(dec("1.5"))).sole().await.unwrap();
        assert_eq!((changed.exact, rows::<Price>().await), (Some(dec("7")), 2));
    })
    .await;
}

#[tokio::test]
async fn sums_and_means_are_exact() {
    within::<Price>(async || {
        assert_eq!(Price::query().sum(|p| p.exact).await.unwrap(), None);
        with_exact(&["0.1"; 10]).await;
        assert_eq!(Price::query().sum(|p| p.exact).await.unwrap(), Some(dec("1")));
        assert_eq!(Price::query().avg(|p| p.exact).await.unwrap(), Some(dec("0.1")));
        Price::delete_all().await.unwrap();
        with_exact(&["0.0000000000000000000000000001", "1", "-1"]).await;
        let sum = Price::query().sum(|p| p.exact).await.unwrap();
        assert_eq!(sum, Some(dec("0.0000000000000000000000000001")));
        Price::delete_all().await.unwrap();
        // On the way the sum may be longer than what comes out.
        with_exact(&["79228162514264337593543950335", "1", "-79228162514264337593543950335"]).await;
        assert_eq!(Price::query().sum(|p| p.exact).await.unwrap(), Some(dec("1")));
    })
    .await;
}

#[tokio::test]
async fn a_sum_with_too_many_digits_is_refused() {
    within::<Price>(async || {
        with_exact(&["79228162514264337593543950335", "0.5"]).await;
        refused(Price::query().sum(|p| p.exact).await, ErrorKind::Encode).of::<Price>();
        let more = Price::query().filter(|p| p.id.eq(1)).increment(|p| p.exact, dec("0.1"));
        refused(more.await, ErrorKind::Encode).of::<Price>();
        let found = Price::query().order_by(|p| p.id.asc()).pluck(|p| p.exact).await.unwrap();
        assert_eq!(texts(found), ["79228162514264337593543950335", "0.5"]);
    })
    .await;
}

#[tokio::test]
async fn arithmetic_in_the_database_is_exact() {
    within::<Price>(async || {
        let mut price =
            Price::create(new!(Price { amount: dec("0.10"), exact: dec("0.1") })).await.unwrap();
        for _ in 0..3 {
            Price::query().filter(|p| p.id.eq(1)).increment(|p| p.exact, dec("0.1")).await.unwrap();
            Price::query()
                .filter(|p| p.id.eq(1))
                .decrement(|p| p.amount, dec("0.05"))
                .await
                .unwrap();
        }
        price.refresh().await.unwrap();
        assert_eq!((price.amount, price.exact), (dec("-0.05"), Some(dec("0.4"))));
        refused(Price::update_all(|p| p.exact.set(p.exact / dec("0.00"))).await, ErrorKind::Encode);
        assert_eq!(Price::find(1).or_fail().await.unwrap(), price);
    })
    .await;
}

/// Sums are made in the database, so that only the database can see how many digits they have.
#[tokio::test]
async fn arithmetic_does_not_outgrow_the_digits_of_a_column() {
    within::<Price>(async || {
        let price = Price::create(new!(Price { amount: dec("9999.99") })).await.unwrap();
        let more = Price::query().filter(|p| p.id.eq(1)).increment(|p| p.amount, dec("0.01")).await;
        assert!(more.is_err(), "10000.00 has seven digits, and the column six");
        assert_eq!(Price::find(1).or_fail().await.unwrap(), price);
    })
    .await;
}

#[tokio::test]
async fn arithmetic_does_not_outgrow_the_scale_of_a_column() {
    within::<Price>(async || {
        let price = Price::create(new!(Price { amount: dec("0.01") })).await.unwrap();
        let half =
            Price::query().filter(|p| p.id.eq(1)).update(|p| p.amount.set(p.amount * dec("0.5")));
        assert!(half.await.is_err(), "0.005 has three digits behind the point, and the column two");
        assert_eq!(Price::find(1).or_fail().await.unwrap(), price);
    })
    .await;
}

#[tokio::test]
async fn stored_text_that_is_no_decimal_is_an_error() {
    within::<Price>(async || {
        Price::create(new!(Price {})).await.unwrap();
        let long = "1".repeat(100_000);
        let wrong = [
            CANARY,
            "",
            " 1",
            "1e5",
            "1e100000",
            "NaN",
            "Infinity",
            "0x10",
            "1,5",
            "1.2.3",
            "--1",
            "0.12345678901234567890123456789012",
            "1\0",
            &long,
        ];
        for text in wrong {
            let stored = Db::raw("UPDATE prices SET exact = ?").bind(text.to_owned()).execute();
            assert_eq!(stored.await.unwrap(), 1);
            refused(Price::find(1).await, ErrorKind::Decode).of::<Price>().column("exact");
            let sum = Price::query().sum(|p| p.exact).await;
            if text.starts_with('0') && text.contains('.') {
                assert!(sum.is_err(), "{text}"); // a number, but with too many digits
            } else {
                refused(sum, ErrorKind::Encode).of::<Price>();
            }
            let more = Price::query().filter(|p| p.id.eq(1)).increment(|p| p.exact, Decimal::ONE);
            refused(more.await, ErrorKind::Encode).of::<Price>();
            // Comparing is not reading: whatever is there has a place in the order.
            assert_eq!(Price::query().order_by(|p| p.exact.asc()).count().await.unwrap(), 1);
            assert_eq!(Price::query().filter(|p| p.exact.eq(dec("5"))).count().await.unwrap(), 0);
        }
    })
    .await;
}

/// Amounts of more digits than a `Decimal` has.
#[derive(Model, Debug, PartialEq)]
#[model(portable)]
struct Ledger {
    #[model(key, auto = false)]
    id: i64,
    amount: Decimal,
}

#[tokio::test]
async fn decimals_of_38_digits_are_exact_as_text_or_refused() {
    within::<Price>(async || {
        let ty = if server().is_some() { "DECIMAL(38, 10)" } else { "TEXT" };
        let table = format!("CREATE TABLE ledgers (id BIGINT PRIMARY KEY, amount {ty} NOT NULL)");
        Db::raw(eloquent::RawSql::trusted(table)).execute().await.unwrap();
        let texts = [
            "1234567890123456789012345678.0123456789",
            "-9999999999999999999999999999.9999999999",
            "7922816251426433759354395033.6000000001",
        ];
        for (id, text) in (1_i64..).zip(texts) {
            let add = Db::raw("INSERT INTO ledgers (id, amount) VALUES (?, CAST(? AS CHAR(50)))");
            let add = match server() {
                Some(Server::Pg) => Db::raw(
                    "INSERT INTO ledgers (id, amount) VALUES (?, CAST(CAST(? AS TEXT) AS NUMERIC))",
                ),
                _ => add,
            };
            add.bind(id).bind(text.to_owned()).execute().await.unwrap();
            let digits = text.trim_start_matches('-');
            let told = |refusal: Refusal| {
                refusal.column("amount").says("more than the 28 digits").hides(&[digits])
            };
            let one = || Ledger::query().filter(|l| l.id.eq(id));
            told(refused(Ledger::find(id).await, ErrorKind::Decode)).of::<Ledger>();
            told(refused(one().pluck(|l| l.amount).await, ErrorKind::Decode)).of::<Ledger>();
            told(refused(one().stream().next().await.unwrap(), ErrorKind::Decode)).of::<Ledger>();
            let raw = || Db::raw("SELECT amount FROM ledgers WHERE id = ?").bind(id);
            told(refused(raw().scalar::<Decimal>().await, ErrorKind::Decode));
            let sql = match server() {
                Some(Server::Mysql) => "SELECT CAST(amount AS CHAR) FROM ledgers WHERE id = ?",
                _ => "SELECT CAST(amount AS TEXT) FROM ledgers WHERE id = ?",
            };
            let read = Db::raw(sql).bind(id).scalar::<String>().await.unwrap();
            assert_eq!(read.as_deref(), Some(text));
        }
    })
    .await;
}

#[derive(Model, Debug, PartialEq)]
#[model(portable)]
struct Step {
    #[model(key)]
    at: Decimal,
    label: String,
}

#[tokio::test]
async fn a_decimal_key_names_one_row_in_every_spelling() {
    within::<Step>(async || {
        let mut step = Step::create(new!(Step { at: dec("1.50"), label: "a" })).await.unwrap();
        let again = Step::create(new!(Step { at: dec("1.5"), label: "b" }));
        refused(again.await, ErrorKind::UniqueViolation).of::<Step>().column("at");
        assert_eq!(Step::find(dec("1.5000")).or_fail().await.unwrap().label, "a");
        assert_eq!(Step::find_many([dec("1.5"), dec("1.50")]).await.unwrap().len(), 1);
        // The same value with other zeros is no change of the key.
        step.update(|s| (s.at, s.label) = (dec("1.5"), "c".into())).await.unwrap();
        assert_eq!(Step::find(dec("1.5")).or_fail().await.unwrap().label, "c");
        step.delete().await.unwrap();
        assert_eq!(rows::<Step>().await, 0);
    })
    .await;
}

crate::fixture::on_servers! {
    pg:
        decimals_are_not_rounded_to_their_column
        zeros_at_the_end_do_not_count_as_digits
        every_digit_of_a_decimal_comes_back
        comparisons_look_at_the_value_and_not_at_its_digits
        decimals_of_any_spelling_are_told_apart_by_value
        equal_decimals_are_one_value_to_a_unique_column
        sums_and_means_are_exact
        arithmetic_does_not_outgrow_the_digits_of_a_column
        decimals_of_38_digits_are_exact_as_text_or_refused
        a_decimal_key_names_one_row_in_every_spelling
    ;
    mysql:
        decimals_are_not_rounded_to_their_column
        zeros_at_the_end_do_not_count_as_digits
        every_digit_of_a_decimal_comes_back
        comparisons_look_at_the_value_and_not_at_its_digits
        decimals_of_any_spelling_are_told_apart_by_value
        equal_decimals_are_one_value_to_a_unique_column
        sums_and_means_are_exact
        arithmetic_in_the_database_is_exact
        arithmetic_does_not_outgrow_the_digits_of_a_column
        decimals_of_38_digits_are_exact_as_text_or_refused
        a_decimal_key_names_one_row_in_every_spelling
    ;
    mongo:
        decimals_are_not_rounded_to_their_column
        zeros_at_the_end_do_not_count_as_digits
        every_digit_of_a_decimal_comes_back
        comparisons_look_at_the_value_and_not_at_its_digits
        equal_decimals_are_one_value_to_a_unique_column
        sums_and_means_are_exact
        arithmetic_in_the_database_is_exact
        arithmetic_does_not_outgrow_the_digits_of_a_column
        arithmetic_does_not_outgrow_the_scale_of_a_column
        a_decimal_key_names_one_row_in_every_spelling
    ;
}

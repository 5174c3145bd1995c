//! Names of tables and columns: hostile, long, and chosen by a user at run time.

use eloquent::ErrorKind;
use eloquent::prelude::*;

use crate::fixture::{Refusal, execute, refused, refused_at_once, rows, within};

#[derive(Model, Debug, Clone, PartialEq)]
#[model(portable, table = "select \"we`ird\"]; DROP TABLE x; --")]
struct Odd {
    #[model(column = "order")]
    id: i64,
    #[model(column = "we\"ird", unique, length = 50)]
    quote: String,
    #[model(column = "a.b", unique)]
    dot: Option<i64>,
    #[model(column = "Ünïcode 🦀", index)]
    letters: Option<i64>,
    #[model(column = "x`y``[z]?:n$1@p'", index)]
    marks: Option<i64>,
    #[model(column = "1; DROP TABLE x; -- /*")]
    sql: Option<String>,
    #[model(unique, length = 50, column = "last, first")]
    comma: Option<String>,
    #[model(column = "\u{202e}line\nbreak\t")]
    control: Option<String>,
    #[model(default, column = "abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghij")]
    long: i64,
}

#[derive(Model, Debug, Clone, PartialEq)]
#[model(
    portable,
    table = "a table with a name that is longer than any other database would ever take because \
    it goes on and on for two hundred and some more characters which is beyond the sixty-three \
    of one and the hundred and twenty-eight of another"
)]
struct Long {
    id: i64,
    #[model(
        unique,
        index,
        column = "a column with a name that is as long as that of its table and that \
        differs from the next one in its last character only where shorter names end: 1"
    )]
    one: String,
    #[model(
        index,
        column = "a column with a name that is as long as that of its table and that \
        differs from the next one in its last character only where shorter names end: 2"
    )]
    two: Option<String>,
}

#[derive(Model, Debug)]
#[model(portable, table = "dotted.name")]
struct Dotted {
    id: i64,
    #[model(unique, length = 50)]
    code: String,
}

fn odd(number: i64) -> OddDraft {
    new!(Odd {
        quote: format!("q{number}"),
        dot: number,
        letters: -number,
        marks: number,
        sql: "s"
    })
}

#[tokio::test]
async fn a_model_works_under_any_name() {
    within::<Odd>(async || {
        let mut row = Odd::create(odd(1).control("c".to_owned())).await.unwrap();
        assert_eq!(Odd::find(row.id).or_fail().await.unwrap(), row);
        assert!(row.update(|o| (o.long, o.sql) = (5, None)).await.unwrap());
        Odd::insert_many((2..5).map(odd)).await.unwrap();
        Odd::create_many((5..7).map(odd)).await.unwrap();
        let some = || Odd::query().filter(|o| o.marks.gt(1).and(o.quote.starts_with("q")));
        assert_eq!(some().increment(|o| o.long, 2).await.unwrap(), 5);
        assert_eq!(some().update(|o| (o.sql.set("t"), o.letters.set(o.marks))).await.unwrap(), 5);
        Odd::upsert([odd(2).long(9)]).unique_by(|o| o.quote).update(|o| o.long).await.unwrap();
        Odd::upsert([odd(3).long(8)]).unique_by(|o| o.dot).await.unwrap();
        let ordered =
            Odd::query().order_by(|o| (o.long.desc(), o.dot.asc())).pluck(|o| o.long).await;
        assert_eq!(ordered.unwrap(), [9, 8, 5, 2, 2, 2]);
        let grouped =
            Odd::query().group_by(|o| o.sql).select(|o| (o.sql, o.long.max())).await.unwrap();
        assert_eq!(grouped.len(), 3);
        let joined = Odd::query()
            .join::<Odd, _>(|(a, b)| a.dot.eq(b.letters))
            .order_by(|(a, _)| a.dot.asc())
            .select(|(a, b)| (a.quote, b));
        assert_eq!(joined.await.unwrap().len(), 4);
        let page =
            Odd::query().order_by(|o| o.quote.desc()).cursor_paginate(4, None).await.unwrap();
        let rest =
            Odd::query().order_by(|o| o.quote.desc()).cursor_paginate(4, page.next.as_deref());
        assert_eq!(rest.await.unwrap().items.len(), 2);
        assert_eq!(Odd::query().distinct().select(|o| o.sql).await.unwrap().len(), 3);
        row.refresh().await.unwrap();
        row.delete().await.unwrap();
        assert_eq!(Odd::query().filter(|o| o.letters.is_not_null()).delete().await.unwrap(), 5);
        Odd::drop_table().await.unwrap();
        Odd::create_table().await.unwrap();
        Odd::create_table().await.unwrap();
        assert_eq!(rows::<Odd>().await, 0);
    })
    .await;
}

#[tokio::test]
async fn long_names_are_not_cut() {
    within::<Long>(async || {
        assert!(Long::definition().table.len() > 200);
        let mut row = Long::create(new!(Long { one: "1", two: "2" })).await.unwrap();
        row.update(|l| l.two = Some("3".into())).await.unwrap();
        Long::upsert([new!(Long { one: "1", two: "4" })]).unique_by(|l| l.one).await.unwrap();
        row.refresh().await.unwrap();
        assert_eq!((row.one.as_str(), row.two.as_deref()), ("1", Some("4")));
        let again = Long::create(new!(Long { one: "1" }));
        let column = &Long::definition().columns[1].name;
        refused(again.await, ErrorKind::UniqueViolation).of::<Long>().column(column);
        let joined =
            Long::query().join::<Long, _>(|(a, b)| a.two.ne(b.one)).select(|(a, b)| (a.two, b.one));
        assert_eq!(joined.await.unwrap(), [(Some("4".to_owned()), "1".to_owned())]);
    })
    .await;
}

#[tokio::test]
async fn errors_tell_names_as_they_are() {
    within::<Odd>(async || {
        Odd::create(odd(1)).await.unwrap();
        let quote = Odd::create(odd(2).quote("q1".to_owned()));
        refused(quote.await, ErrorKind::UniqueViolation).of::<Odd>().column("we\"ird");
        let dot = Odd::create(odd(2).dot(Some(1)));
        refused(dot.await, ErrorKind::UniqueViolation).of::<Odd>().column("a.b");
        let null = Odd::update_all(|o| o.long.set(raw::<i64>("NULL")));
        refused(null.await, ErrorKind::NotNullViolation)
            .of::<Odd>()
            .column(&"abcdefghij".repeat(6));
        assert_eq!(rows::<Odd>().await, 1);
    })
    .await;
}

#[tokio::test]
async fn errors_tell_a_table_with_a_dot_in_its_name() {
    within::<Dotted>(async || {
        Dotted::create(new!(Dotted { code: "a" })).await.unwrap();
        let again = Dotted::create(new!(Dotted { code: "a" }));
        refused(again.await, ErrorKind::UniqueViolation).of::<Dotted>().column("code");
        let null = Dotted::update_all(|d| d.code.set(raw::<String>("NULL")));
        refused(null.await, ErrorKind::NotNullViolation).of::<Dotted>().column("code");
    })
    .await;
}

#[tokio::test]
async fn errors_tell_a_column_with_a_comma_in_its_name() {
    within::<Odd>(async || {
        Odd::create(odd(1).comma(Some("c".to_owned()))).await.unwrap();
        let again = Odd::create(odd(2).comma(Some("c".to_owned())));
        refused(again.await, ErrorKind::UniqueViolation).of::<Odd>().column("last, first");
    })
    .await;
}

#[derive(Model, Debug)]
#[model(portable, table = "nul\0")]
struct NulTable {
    id: i64,
}

#[derive(Model, Debug)]
#[model(portable)]
struct NulColumn {
    id: i64,
    #[model(column = "a\0b")]
    name: Option<String>,
}

#[tokio::test]
async fn a_name_with_nul_is_refused() {
    within::<Dotted>(async || {
        refused(NulTable::create_table().await, ErrorKind::InvalidInput).of::<NulTable>();
        refused(NulTable::all().await, ErrorKind::InvalidInput).of::<NulTable>();
        refused(NulTable::drop_table().await, ErrorKind::InvalidInput).of::<NulTable>();
        refused(NulColumn::create_table().await, ErrorKind::InvalidInput).of::<NulColumn>();
        let named = NulColumn::query().filter(|n| n.name.eq("x")).delete();
        refused(named.await, ErrorKind::InvalidInput).of::<NulColumn>();
        let made = NulColumn::create(new!(NulColumn { name: "x" }));
        refused(made.await, ErrorKind::InvalidInput).of::<NulColumn>();
    })
    .await;
}

#[derive(Model, Debug, Clone)]
#[model(portable)]
struct Ghost {
    id: i64,
    name: String,
    #[model(unique, length = 50)]
    missing: Option<String>,
}

/// SQLite would take an unknown name in double quotes for a text.
#[tokio::test]
async fn a_column_that_the_table_lacks_is_an_error_wherever_it_stands() {
    within::<Dotted>(async || {
        execute([
            "CREATE TABLE ghosts (id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT",
            "INSERT INTO ghosts (name) VALUES ('missing')",
        ])
        .await;
        let named = |refusal: Refusal| drop(refusal.of::<Ghost>().column("missing"));
        let all = Ghost::query;
        named(refused(all().await, ErrorKind::InvalidInput));
        named(refused(Ghost::find(1).await, ErrorKind::InvalidInput));
        named(refused(all().pluck(|g| g.missing).await, ErrorKind::InvalidInput));
        let filtered = all().filter(|g| g.missing.eq("missing"));
        named(refused(filtered.clone().count().await, ErrorKind::InvalidInput));
        named(refused(filtered.clone().exists().await, ErrorKind::InvalidInput));
        named(refused(filtered.delete().await, ErrorKind::InvalidInput));
        let ordered = all().order_by(|g| g.missing.asc()).pluck(|g| g.name);
        named(refused(ordered.await, ErrorKind::InvalidInput));
        let ordered = all().order_by_str("missing desc").unwrap().pluck(|g| g.name);
        named(refused(ordered.await, ErrorKind::InvalidInput));
        let grouped = all().group_by(|g| g.missing).select(|_| count());
        named(refused(grouped.await, ErrorKind::InvalidInput));
        named(refused(all().max(|g| g.missing).await, ErrorKind::InvalidInput));
        let update = all().filter(|g| g.id.eq(1)).update(|g| g.missing.set("x"));
        named(refused(update.await, ErrorKind::InvalidInput));
        let update =
            all().filter(|g| g.id.eq(1)).update(|g| g.name.set(raw::<String>("\"missing\"")));
        named(refused(update.await, ErrorKind::InvalidInput));
        let draft = || new!(Ghost { name: "x", missing: "y" });
        named(refused(Ghost::create(draft()).await, ErrorKind::InvalidInput));
        named(refused(Ghost::insert_many([draft(), draft()]).await, ErrorKind::InvalidInput));
        let upsert = Ghost::upsert([draft()]).unique_by(|g| g.missing);
        named(refused(upsert.await, ErrorKind::InvalidInput));
        let cursor = all().order_by(|g| g.missing.asc()).cursor_paginate(1, None);
        named(refused(cursor.await, ErrorKind::InvalidInput));
        let raw = Db::raw("SELECT \"missing\" FROM ghosts").rows();
        refused(raw.await, ErrorKind::InvalidInput).column("missing");
        let raw = Db::raw("SELECT id, name FROM ghosts").fetch::<Ghost>();
        refused(raw.await, ErrorKind::Decode).column("missing").says("id, name");
        assert_eq!(all().pluck(|g| g.name).await.unwrap(), ["missing"]);
    })
    .await;
}

#[tokio::test]
async fn a_table_that_is_missing_is_named() {
    within::<Dotted>(async || {
        let named = |refusal: Refusal| drop(refusal.of::<Ghost>());
        named(refused(Ghost::all().await, ErrorKind::InvalidInput));
        named(refused(Ghost::create(new!(Ghost { name: "x" })).await, ErrorKind::InvalidInput));
        named(refused(Ghost::delete_all().await, ErrorKind::InvalidInput));
        named(refused(Ghost::update_all(|g| g.name.set("x")).await, ErrorKind::InvalidInput));
        named(refused(
            Ghost::query().to_sql().await.and(Ghost::query().explain().await),
            ErrorKind::InvalidInput,
        ));
        Ghost::drop_table().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_name_chosen_at_run_time_is_that_of_a_column_or_refused() {
    within::<Ghost>(async || {
        let long = "x".repeat(100_000);
        let wrong = [
            "nope",
            "",
            " ",
            "ID",
            "name ",
            " name",
            "name\0",
            "\"name\"",
            "`name`",
            "[name]",
            "ghosts.name",
            "rowid",
            "_rowid_",
            "oid",
            "*",
            "1",
            "name, id",
            "name; drop table ghosts",
            "(select 1)",
            "náme",
            "n\u{430}me",
            "meta->role",
            "\u{1b}[31m",
            &long,
        ];
        for name in wrong {
            let refusal = refused_at_once(Ghost::column::<String>(name), ErrorKind::InvalidInput);
            let refusal = refusal.of::<Ghost>().says("id, name, missing");
            assert!(refusal.0.to_string().len() < 500);
        }
        assert!(Ghost::column::<String>("name").is_ok());
        let error = refused_at_once(Ghost::column::<i64>("name"), ErrorKind::InvalidInput);
        error.of::<Ghost>().column("name");
        refused_at_once(Ghost::column::<String>("id"), ErrorKind::InvalidInput).column("id");
    })
    .await;
}

#[tokio::test]
async fn an_order_chosen_at_run_time_is_one_of_columns_or_refused() {
    within::<Ghost>(async || {
        let long = "id,".repeat(50_000);
        let wrong = [
            "id; drop table ghosts",
            "(case when 1 then id else name end)",
            "id desc, 2",
            "id\0",
            "id\0desc",
            "id sideways",
            "id ASC; --",
            "id asc nulls first",
            "id desc desc",
            "",
            " ",
            ",",
            "id,",
            ",id",
            "id,,name",
            "1",
            "-id",
            "+id",
            "id+1",
            "ghosts.id",
            "\"id\"",
            "`id`",
            "[id]",
            "id--",
            "id/**/",
            "id /* */ desc",
            "rowid",
            "oid",
            "RANDOM()",
            "ID",
            "id\u{a0}desc",
            "id\u{2028}desc",
            "id collate nocase",
            "length(name)",
            "name like '%'",
            "? desc",
            "nope",
            "id desc limit 1",
            "desc",
            "asc",
            &long,
        ];
        for order in wrong {
            let refusal =
                refused_at_once(Ghost::query().order_by_str(order), ErrorKind::InvalidInput);
            assert!(refusal.of::<Ghost>().0.to_string().len() < 500);
        }
        Ghost::insert_many(["b", "a", "b"].map(|name| new!(Ghost { name }))).await.unwrap();
        for (order, ids) in [
            ("id", [1, 2, 3]),
            ("id desc", [3, 2, 1]),
            ("  name  DESC ,id", [1, 3, 2]),
            ("name\tAsc,\nid\r\ndEsC", [2, 3, 1]),
            ("missing,id", [1, 2, 3]),
        ] {
            let ordered = Ghost::query().order_by_str(order).unwrap().pluck(|g| g.id).await;
            assert_eq!(ordered.unwrap(), ids, "{order:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_hostile_name_of_a_column_can_be_chosen_at_run_time() {
    within::<Odd>(async || {
        Odd::insert_many((1..4).map(odd)).await.unwrap();
        for name in ["order", "a.b"] {
            let column = Odd::column::<i64>(name).unwrap();
            let found = Odd::query().filter(|_| column.gt(1)).count().await.unwrap();
            assert_eq!(found, 2, "{name}");
            let ordered = Odd::query().order_by_str(&format!("{name} desc")).unwrap();
            assert_eq!(ordered.first().or_fail().await.unwrap().id, 3);
        }
        let sql = Odd::column::<String>("1; DROP TABLE x; -- /*").unwrap();
        assert_eq!(Odd::query().filter(|_| sql.eq("s")).count().await.unwrap(), 3);
        // Text cannot name a column with blanks in it: that is an error, not another order.
        let blank = Odd::query().order_by_str("Ünïcode 🦀");
        refused_at_once(blank, ErrorKind::InvalidInput).of::<Odd>();
    })
    .await;
}

#[tokio::test]
async fn a_connection_that_does_not_exist_is_refused() {
    within::<Ghost>(async || {
        let long = "x".repeat(10_000);
        for name in ["nope", "", "MAIN", "main ", "main\0", "\u{1b}[31m", &long] {
            let error =
                refused_at_once(Ghost::query().on(name).await, ErrorKind::ConnectionUnknown);
            assert!(error.says("the connections are: main").0.to_string().len() < 500);
            let write = Ghost::delete_all().on(name).await;
            refused_at_once(write, ErrorKind::ConnectionUnknown).says("main");
        }
        assert_eq!(Ghost::query().on("main").count().await.unwrap(), 0);
    })
    .await;
}

crate::fixture::on_servers! {
    pg:
        a_model_works_under_any_name
        errors_tell_names_as_they_are
        errors_tell_a_table_with_a_dot_in_its_name
        errors_tell_a_column_with_a_comma_in_its_name
        a_name_with_nul_is_refused
        a_table_that_is_missing_is_named
        a_name_chosen_at_run_time_is_that_of_a_column_or_refused
        an_order_chosen_at_run_time_is_one_of_columns_or_refused
        a_hostile_name_of_a_column_can_be_chosen_at_run_time
        a_connection_that_does_not_exist_is_refused
    ;
    mysql:
        errors_tell_a_table_with_a_dot_in_its_name
        a_name_with_nul_is_refused
        a_table_that_is_missing_is_named
        a_name_chosen_at_run_time_is_that_of_a_column_or_refused
        an_order_chosen_at_run_time_is_one_of_columns_or_refused
        a_connection_that_does_not_exist_is_refused
    ;
    mongo:
        a_name_with_nul_is_refused
        a_name_chosen_at_run_time_is_that_of_a_column_or_refused
        an_order_chosen_at_run_time_is_one_of_columns_or_refused
        a_connection_that_does_not_exist_is_refused
    ;
}

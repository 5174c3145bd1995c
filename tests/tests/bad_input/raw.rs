//! Statements in the language of the database: placeholders, ends, and what must not be sent.

use std::collections::BTreeMap;

use eloquent::prelude::*;
use eloquent::query::Expr;
use eloquent::{ErrorKind, RawSql};

use crate::fixture::{CANARY, execute, refused, rows, within};

#[derive(Model, Debug, Clone, PartialEq)]
#[model(table = "verses")]
struct Line {
    id: i64,
    text: String,
}

async fn with_lines() {
    Line::insert_many(["a", "b", "c"].map(|text| new!(Line { text }))).await.unwrap();
}

fn condition(sql: impl Into<RawSql>) -> Expr<bool> {
    raw(sql)
}

#[tokio::test]
async fn question_marks_in_text_names_and_comments_are_no_placeholders() {
    within::<Line>(async || {
        let cases = [
            ("SELECT '?' || ?", "?x"),
            ("SELECT 'it''s ?' || ?", "it's ?x"),
            ("SELECT /* ? 'a */ ? -- ?", "x"),
            ("SELECT ? -- it's ; ? \n", "x"),
            ("SELECT ? AS \"what?\"", "x"),
            ("SELECT ? AS `a?b`; ", "x"),
            ("SELECT ? AS [q];;", "x"),
            ("SELECT '-- ' || ?", "-- x"),
            ("SELECT '/*' || ? || '*/'", "/*x*/"),
            ("SELECT '\\' || ?", "\\x"),
            ("SELECT '$1 :a @b ::' || ?", "$1 :a @b ::x"),
            ("SELECT\n\t?\r\n;\n-- the end\n/* of it */", "x"),
        ];
        for (sql, expected) in cases {
            let found = Db::raw(sql).bind("x".to_owned()).scalar::<String>().await;
            assert_eq!(found.unwrap().as_deref(), Some(expected), "{sql}");
        }
        let values = ["?", "??", "$1", "'", "a?b", "-- ?"];
        for value in values {
            let found = Db::raw("SELECT ? || '?'").bind(value.to_owned()).scalar::<String>().await;
            assert_eq!(found.unwrap(), Some(format!("{value}?")));
        }
    })
    .await;
}

#[tokio::test]
async fn as_many_values_as_placeholders_or_nothing_is_sent() {
    within::<Line>(async || {
        with_lines().await;
        let delete = |sql: &'static str, binds: usize| {
            (0..binds).fold(Db::raw(sql), |query, _| query.bind(CANARY.to_owned()))
        };
        let wrong = [
            ("DELETE FROM verses WHERE text <> ?", 0),
            ("DELETE FROM verses WHERE text <> ?", 2),
            ("DELETE FROM verses WHERE text <> '?'", 1),
            ("DELETE FROM verses WHERE text <> ? OR text <> ?", 1),
            ("DELETE FROM verses -- ?", 1),
            ("DELETE FROM verses WHERE '??' <> ?", 2),
            ("DELETE FROM verses", 1),
        ];
        for (sql, binds) in wrong {
            refused(delete(sql, binds).execute().await, ErrorKind::InvalidInput)
                .says("placeholders");
            refused(delete(sql, binds).rows().await, ErrorKind::InvalidInput);
            refused(delete(sql, binds).fetch::<Line>().await, ErrorKind::InvalidInput);
            refused(delete(sql, binds).scalar::<i64>().await, ErrorKind::InvalidInput);
        }
        assert_eq!(rows::<Line>().await, 3);
    })
    .await;
}

#[tokio::test]
async fn placeholders_of_another_style_are_refused() {
    within::<Line>(async || {
        with_lines().await;
        let wrong = [
            "DELETE FROM verses WHERE text <> $1",
            "DELETE FROM verses WHERE text <> :name",
            "DELETE FROM verses WHERE text <> @name",
            "DELETE FROM verses WHERE text <> ?1",
            "DELETE FROM verses WHERE text <> ? AND id <> $2",
            "DELETE FROM verses WHERE text <> ? AND id <> :b",
            "DELETE FROM verses WHERE text <> $name",
            "DELETE FROM verses WHERE text <> #name",
            "DELETE FROM verses WHERE text::text <> ?",
        ];
        for sql in wrong {
            for binds in 0..3 {
                let query = (0..binds).fold(Db::raw(sql), |query, _| query.bind(CANARY.to_owned()));
                refused(query.execute().await, ErrorKind::InvalidInput);
            }
        }
        assert_eq!(rows::<Line>().await, 3);
    })
    .await;
}

#[tokio::test]
async fn of_two_statements_none_is_run() {
    within::<Line>(async || {
        with_lines().await;
        let wrong = [
            "DELETE FROM verses; DELETE FROM verses",
            "SELECT 1; DELETE FROM verses",
            "DELETE FROM verses;;SELECT 1",
            "DELETE FROM verses;\n-- a\nSELECT ';'",
            "DELETE FROM verses /* ; */ ; /* */ SELECT 1",
            "DELETE FROM verses; x",
            "DELETE FROM verses; '",
            ";DELETE FROM verses",
        ];
        for sql in wrong {
            refused(Db::raw(sql).execute().await, ErrorKind::InvalidInput);
            refused(Db::raw(sql).rows().await, ErrorKind::InvalidInput);
        }
        assert_eq!(rows::<Line>().await, 3);
        let one = Db::raw("DELETE FROM verses WHERE text = ';' OR id = 1 /* ; */ ; -- ;");
        assert_eq!(one.execute().await.unwrap(), 1);
    })
    .await;
}

#[tokio::test]
async fn text_without_an_end_or_a_beginning_is_refused() {
    within::<Line>(async || {
        with_lines().await;
        let wrong = [
            "DELETE FROM verses WHERE text <> 'a",
            "DELETE FROM verses /* a",
            "DELETE FROM verses /* /* a */",
            "DELETE FROM \"verses",
            "DELETE FROM `verses",
            "DELETE FROM [verses",
            "DELETE FROM verses WHERE (1",
            "DELETE FROM verses WHERE text <> 'a''",
            "DELETE FROM verses\0",
            "DELETE FROM verses WHERE '\0' = ''",
            "DELETE FROM verses -- \0",
            "DELETE FROM verses WHERE",
            "",
            " ",
            "\n\t",
            ";",
            "-- only this",
            "/* only this */",
            "/**/;/**/",
            "DELETE",
            "\u{feff}",
            "\u{a0}",
        ];
        for sql in wrong {
            refused(Db::raw(sql).execute().await, ErrorKind::InvalidInput);
            refused(Db::raw(sql).rows().await, ErrorKind::InvalidInput);
        }
        assert_eq!(rows::<Line>().await, 3);
    })
    .await;
}

#[tokio::test]
async fn a_statement_that_is_not_understood_is_not_shown() {
    within::<Line>(async || {
        let wrong = [
            "SELECT 'canary-7f3a' FRM lines", "SELEC 'canary-7f3a'", "SELECT no_such('canary-7f3a')",
            "SELECT 'canary-7f3a' FROM verses WHERE", "SELECT 1 WHERE 'canary-7f3a' ?? 1",
            "SELECT json('canary-7f3a')",
            "SELECT 'canary-7f3a' COLLATE nowhere ORDER BY 1", "PRAGMA no_such_thing('canary-7f3a'",
        ];
        let mut unknown = Vec::new();
        for sql in wrong {
            let error = Db::raw(sql).execute().await.unwrap_err();
            assert!(!error.to_string().contains(CANARY), "{error}");
            if error.kind() != ErrorKind::InvalidInput {
                unknown.push((sql, error));
            }
        }
        assert!(unknown.is_empty(), "the statement is to blame: {unknown:#?}");
        let bound = Db::raw("SELECT json(?)").bind(CANARY.to_owned()).rows();
        refused(bound.await, ErrorKind::InvalidInput);
        let trigger = "CREATE TRIGGER no BEFORE INSERT ON verses BEGIN SELECT RAISE(ABORT, 'canary-7f3a'); END";
        // A trigger holds `;` inside, which only a migration may.
        refused(Db::raw(trigger).execute().await, ErrorKind::InvalidInput);
    })
    .await;
}

#[tokio::test]
async fn values_that_do_not_match_their_columns_in_number_are_the_fault_of_the_statement() {
    within::<Line>(async || {
        for sql in [
            "INSERT INTO verses VALUES ('canary-7f3a')",
            "INSERT INTO verses (id) VALUES (1, 'canary-7f3a')",
        ] {
            refused(Db::raw(sql).execute().await, ErrorKind::InvalidInput);
        }
        assert_eq!(rows::<Line>().await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_value_that_cannot_be_bound_stops_the_statement() {
    within::<Line>(async || {
        with_lines().await;
        let delete = || Db::raw("DELETE FROM verses WHERE id <> ?");
        let odd = Json(BTreeMap::from([(CANARY.as_bytes().to_vec(), 1)]));
        refused(delete().bind(odd).execute().await, ErrorKind::Encode);
        refused(delete().bind(f64::NAN).execute().await, ErrorKind::Encode);
        refused(delete().bind(u64::MAX).execute().await, ErrorKind::Encode)
            .hides(&["18446744073709551615"]);
        let lost =
            Db::raw("DELETE FROM verses WHERE id <> ? OR id <> ?").bind(f64::NAN).bind(1_i64);
        refused(lost.execute().await, ErrorKind::Encode);
        assert_eq!(rows::<Line>().await, 3);
    })
    .await;
}

#[tokio::test]
async fn raw_parts_of_a_query_stay_parts() {
    within::<Line>(async || {
        with_lines().await;
        let count = async |query: Query<Line>| query.count().await.unwrap();
        // A comment at the end does not swallow what follows.
        let commented =
            || Line::query().filter(|_| condition("1 = 1 -- all")).filter(|l| l.id.eq(1));
        assert_eq!(count(commented()).await, 1);
        // An `OR` does not reach beyond its part.
        let or = Line::query().filter(|_| condition("id = 1 OR id = 2")).filter(|l| l.id.eq(3));
        assert_eq!(count(or).await, 0);
        let not = Line::query().filter(|_| !condition("id = 1 OR id = 2"));
        assert_eq!(count(not).await, 1);
        let both = Line::query().filter(|l| l.id.eq(3).and(condition("id = 1 OR id = 3")));
        assert_eq!(count(both).await, 1);
        let bound = Line::query()
            .filter(|l| l.text.ne("?"))
            .filter(|_| condition(RawSql::new("text = '?' OR text = ?").bind("b".to_owned())))
            .filter(|l| l.id.is_in([1, 2]));
        assert_eq!(bound.pluck(|l| l.id).await.unwrap(), [2]);
        assert_eq!(commented().delete().await.unwrap(), 1);
        assert_eq!(rows::<Line>().await, 2);
    })
    .await;
}

#[tokio::test]
async fn a_raw_part_does_not_close_a_parenthesis_that_is_not_its_own() {
    within::<Line>(async || {
        with_lines().await;
        for sql in ["1) OR (1 = 1", "1 = 1) --", "id = 0) OR (id > 0) AND (1"] {
            let delete =
                Line::query().filter(|_| condition(sql)).filter(|l| l.id.eq(99)).delete().await;
            refused(delete, ErrorKind::InvalidInput).of::<Line>();
        }
        assert_eq!(rows::<Line>().await, 3);
        let inside = Line::query().filter(|_| condition("text <> ')' AND text <> '(' -- )"));
        assert_eq!(inside.count().await.unwrap(), 3);
    })
    .await;
}

#[tokio::test]
async fn wrong_raw_parts_are_refused_with_the_model() {
    within::<Line>(async || {
        with_lines().await;
        let wrong = [
            "text = ?",
            "text = $1",
            "text = :a",
            "1; DELETE FROM verses",
            "1;",
            "text = 'a",
            "1 /* a",
            "\0",
            "",
            "-- nothing",
            "nowhere = 1",
            "\"nowhere\" = 'a'",
            "(1",
        ];
        for sql in wrong {
            let delete = Line::query().filter(|_| condition(sql)).delete().await;
            refused(delete, ErrorKind::InvalidInput).of::<Line>();
            let and =
                Line::query().filter(|l| l.id.lt(0)).filter(|_| condition(sql)).delete().await;
            refused(and, ErrorKind::InvalidInput).of::<Line>();
            let ordered = Line::query().order_by(|_| raw::<i64>(sql).asc()).await;
            refused(ordered, ErrorKind::InvalidInput).of::<Line>();
            let selected = Line::query().select(|_| raw::<i64>(sql)).await;
            refused(selected, ErrorKind::InvalidInput).of::<Line>();
        }
        assert_eq!(rows::<Line>().await, 3);
    })
    .await;
}

#[tokio::test]
async fn what_a_raw_statement_gives_back_is_read_strictly() {
    within::<Line>(async || {
        with_lines().await;
        assert_eq!(Db::raw("SELECT id FROM verses WHERE 0").scalar::<i64>().await.unwrap(), None);
        refused(Db::raw("SELECT NULL AS n").scalar::<i64>().await, ErrorKind::Decode).column("n");
        assert_eq!(Db::raw("SELECT NULL").scalar::<Option<i64>>().await.unwrap(), Some(None));
        refused(Db::raw("SELECT 'canary-7f3a' AS n").scalar::<i64>().await, ErrorKind::Decode)
            .column("n");
        refused(Db::raw("SELECT 1.5 AS n").scalar::<i64>().await, ErrorKind::Decode).column("n");
        let lacking = Db::raw("SELECT id FROM verses").fetch::<Line>().await;
        refused(lacking, ErrorKind::Decode).column("text").says("id");
        let other = Db::raw("SELECT id, text AS TEXT FROM verses").fetch::<Line>().await;
        refused(other, ErrorKind::Decode).column("text");
        let turned =
            Db::raw("SELECT 9 AS x, text, id FROM verses ORDER BY id").fetch::<Line>().await;
        assert_eq!(turned.unwrap()[0], Line { id: 1, text: "a".into() });
        let row = &Db::raw("SELECT 1 AS a").rows().await.unwrap()[0];
        assert_eq!(row.read::<i64>("b").unwrap_err().kind(), ErrorKind::Decode);
    })
    .await;
}

#[tokio::test]
async fn raw_text_neither_begins_nor_ends_a_transaction() {
    within::<Line>(async || {
        for sql in
            ["BEGIN", "BEGIN IMMEDIATE", "begin;", "/* */ BEGIN", "SAVEPOINT a", "-- x\nBEGIN"]
        {
            refused(Db::raw(sql).execute().await, ErrorKind::InvalidInput);
            assert!(Db::raw(sql).rows().await.is_err());
        }
        for sql in ["COMMIT", "ROLLBACK", "END", "RELEASE a", "ROLLBACK TO a"] {
            assert!(Db::raw(sql).execute().await.is_err(), "{sql}");
        }
        for sql in ["ROLLBACK", "/**/ rollback;"] {
            let outcome = Db::transaction(async {
                Line::create(new!(Line { text: "lost" })).await?;
                let ended = Db::raw(sql).execute().await;
                assert!(ended.is_err(), "{sql}");
                // A statement that follows is not committed by itself.
                let _ = Line::create(new!(Line { text: "late" })).await;
                Err::<(), _>(eloquent::Error::invalid("undo"))
            });
            assert!(outcome.await.is_err());
            assert_eq!(rows::<Line>().await, 0, "{sql}");
        }
    })
    .await;
}

#[tokio::test]
async fn raw_text_cannot_commit_what_the_transaction_rolls_back() {
    within::<Line>(async || {
        for sql in ["COMMIT", "END", "-- x\nCOMMIT"] {
            let outcome = Db::transaction(async {
                Line::create(new!(Line { text: "lost" })).await?;
                refused(Db::raw(sql).execute().await, ErrorKind::TransactionAborted);
                Ok(())
            });
            refused(outcome.await, ErrorKind::TransactionAborted);
            execute(["SELECT 1"]).await;
        }
    })
    .await;
}

crate::fixture::on_servers! {
    pg:
        as_many_values_as_placeholders_or_nothing_is_sent
        of_two_statements_none_is_run
        text_without_an_end_or_a_beginning_is_refused
        a_value_that_cannot_be_bound_stops_the_statement
        raw_parts_of_a_query_stay_parts
        a_raw_part_does_not_close_a_parenthesis_that_is_not_its_own
        wrong_raw_parts_are_refused_with_the_model
        raw_text_neither_begins_nor_ends_a_transaction
    ;
    mysql:
        as_many_values_as_placeholders_or_nothing_is_sent
        placeholders_of_another_style_are_refused
        of_two_statements_none_is_run
        text_without_an_end_or_a_beginning_is_refused
        a_statement_that_is_not_understood_is_not_shown
        values_that_do_not_match_their_columns_in_number_are_the_fault_of_the_statement
        raw_parts_of_a_query_stay_parts
        a_raw_part_does_not_close_a_parenthesis_that_is_not_its_own
        raw_text_neither_begins_nor_ends_a_transaction
    ;
}

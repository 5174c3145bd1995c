//! The schema builder.

use eloquent::schema::{ColumnType, ForeignAction, Schema, TableKind};
use eloquent::{Db, ErrorKind};

use super::Orm;
use crate::case::{Outcome, cases};

cases![Orm:
    a_table_from_a_closure[RELATIONAL], a_table_is_altered[RELATIONAL],
    what_is_said_of_a_new_table_is_done[RELATIONAL], tables_are_looked_at[RELATIONAL],
    a_foreign_key_without_a_table_is_refused[RELATIONAL], long_names_are_refused[RELATIONAL],
    a_default_without_a_form_is_refused[RELATIONAL],
];

/// The tables of a case, gone when it begins and when it is over.
async fn clear(schema: &Schema) -> eloquent::Result<()> {
    schema.drop_view_if_exists("s_names").await?;
    for table in ["s_users", "s_people", "s_teams"] {
        schema.drop_if_exists(table).await?;
    }
    Ok(())
}

async fn tables(schema: &Schema) -> eloquent::Result<()> {
    clear(schema).await?;
    schema
        .create("s_teams", |t| {
            t.id();
            t.string("name", 50);
        })
        .await?;
    schema
        .create("s_users", |t| {
            t.id();
            t.string("email", 255).unique();
            t.integer("age").unsigned().default(18);
            t.decimal("balance", 10, 2).nullable().index();
            t.enumeration("status", ["draft", "done"]).default("draft");
            t.foreign_id("team_id").nullable().constrained("s_teams").null_on_delete();
            t.boolean("active").default(true);
            t.timestamps();
            t.soft_deletes();
            t.unique(["team_id", "email"]);
            t.check("s_users_age", "age < 200");
        })
        .await
}

async fn a_table_from_a_closure(cx: Orm) -> Outcome {
    let schema = Schema::on(&cx.db);
    tables(&schema).await?;
    let told = schema.describe("s_users").await?.unwrap();
    assert_eq!(told.kind, TableKind::Table);
    let names: Vec<_> = told.columns.iter().map(|column| &*column.name).collect();
    assert_eq!(
        names,
        [
            "id",
            "email",
            "age",
            "balance",
            "status",
            "team_id",
            "active",
            "created_at",
            "updated_at",
            "deleted_at"
        ]
    );
    assert_eq!(told.column("age").unwrap().ty, Some(ColumnType::U32));
    assert!(told.index("uq_s_users_email").is_some_and(|index| index.unique));
    assert!(told.index("idx_s_users_balance").is_some_and(|index| !index.unique));
    let both = told.index("uq_s_users_team_id_email").unwrap();
    assert!(both.is_over(&["team_id", "email"]));
    let key = told.foreign_key("fk_s_users_team_id").unwrap();
    assert_eq!((&*key.foreign_table, key.on_delete), ("s_teams", ForeignAction::SetNull));
    Db::raw("INSERT INTO s_users (email) VALUES (?)").bind("a@b.c").on(&cx.db).execute().await?;
    let read = Db::raw("SELECT age FROM s_users WHERE created_at IS NOT NULL").on(&cx.db);
    assert_eq!(read.scalar::<i64>().await?, Some(18));
    let bad = Db::raw("INSERT INTO s_users (email, age) VALUES ('x', 200)").on(&cx.db);
    assert_eq!(bad.execute().await.unwrap_err().kind(), ErrorKind::CheckViolation);
    clear(&schema).await?;
    Ok(())
}

async fn a_table_is_altered(cx: Orm) -> Outcome {
    let schema = Schema::on(&cx.db);
    tables(&schema).await?;
    Db::raw("INSERT INTO s_users (email) VALUES ('a@b.c')").on(&cx.db).execute().await?;
    schema
        .table("s_users", |t| {
            t.string("nick", 40).nullable().index();
            t.string("email", 300).change();
            t.rename_column("active", "enabled");
            t.drop_foreign(["team_id"]);
            t.drop_unique(["team_id", "email"]);
            t.drop_column(["team_id", "status"]);
            t.drop_check("s_users_age");
            t.drop_soft_deletes();
            t.rename_index("idx_s_users_balance", "s_users_money");
        })
        .await?;
    let told = schema.describe("s_users").await?.unwrap();
    let names: Vec<_> = told.columns.iter().map(|column| &*column.name).collect();
    assert_eq!(
        names,
        ["id", "email", "age", "balance", "enabled", "created_at", "updated_at", "nick"]
    );
    assert_eq!(told.column("email").unwrap().ty, Some(ColumnType::String { length: 300 }));
    let mut indexes: Vec<_> = told.indexes.iter().map(|index| &*index.name).collect();
    indexes.sort_unstable();
    assert_eq!(indexes, ["idx_s_users_nick", "s_users_money", "uq_s_users_email"]);
    assert!(told.foreign_keys.is_empty() && told.checks.is_empty(), "{told:?}");
    let rows = Db::raw("SELECT count(*) FROM s_users").on(&cx.db).scalar::<i64>().await?;
    assert_eq!(rows, Some(1));
    schema.rename("s_users", "s_people").await?;
    assert!(schema.has_table("s_people").await? && !schema.has_table("s_users").await?);
    schema.table("s_people", |_| {}).await?;
    clear(&schema).await?;
    Ok(())
}

async fn what_is_said_of_a_new_table_is_done(cx: Orm) -> Outcome {
    let schema = Schema::on(&cx.db);
    clear(&schema).await?;
    schema
        .create("s_users", |t| {
            t.integer("a");
            t.integer("b");
            t.integer("gone");
            t.primary(["b", "a"]);
            t.index("a").name("s_users_by_a");
            t.drop_column("gone");
        })
        .await?;
    let told = schema.describe("s_users").await?.unwrap();
    assert_eq!(told.key.unwrap().columns, ["b", "a"]);
    assert_eq!((told.columns.len(), &*told.indexes[0].name), (2, "s_users_by_a"));
    schema
        .create_if_not_exists("s_users", |t| {
            t.id();
        })
        .await?;
    assert!(!schema.has_column("s_users", "id").await?);
    assert!(
        schema
            .create("s_users", |t| {
                t.id();
            })
            .await
            .is_err()
    );
    clear(&schema).await?;
    Ok(())
}

async fn tables_are_looked_at(cx: Orm) -> Outcome {
    let schema = Schema::on(&cx.db);
    tables(&schema).await?;
    schema.create_view("s_names", "SELECT name FROM s_teams").await?;
    assert!(schema.has_view("s_names").await? && !schema.has_table("s_names").await?);
    let tables = schema.tables().await?;
    assert!(tables.contains(&"s_users".to_owned()) && !tables.contains(&"s_names".to_owned()));
    assert!(schema.views().await?.contains(&"s_names".to_owned()));
    assert!(schema.has_columns("s_users", &["id", "email"]).await?);
    assert!(!schema.has_columns("s_users", &["id", "no"]).await?);
    assert!(!schema.has_column("s_none", "id").await?);
    assert!(schema.has_index("s_users", "uq_s_users_email").await?);
    assert_eq!(schema.columns("s_teams").await?.len(), 2);
    assert_eq!(schema.foreign_keys("s_users").await?.len(), 1);
    let error = schema.indexes("s_none").await.unwrap_err();
    assert_eq!((error.kind(), error.table()), (ErrorKind::InvalidInput, Some("s_none")));
    schema.replace_view("s_names", "SELECT name FROM s_teams WHERE id > 1").await?;
    // in the scope of a database, and in a transaction
    let has_table = cx.db.scope(async { Schema::new().has_table("s_users").await }).await?;
    assert!(has_table);
    clear(&schema).await?;
    Ok(())
}

async fn a_foreign_key_without_a_table_is_refused(cx: Orm) -> Outcome {
    let schema = Schema::on(&cx.db);
    clear(&schema).await?;
    let create = schema.create("s_users", |t| {
        t.id();
        t.foreign_id("team_id");
        t.foreign("team_id").references("id");
    });
    let error = create.await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.to_string().contains("fk_s_users_team_id") && error.hint().is_some(), "{error}");
    assert!(!schema.has_table("s_users").await?);
    Ok(())
}

/// A name is as long as the database takes it, and is never cut off.
async fn long_names_are_refused(cx: Orm) -> Outcome {
    let schema = Schema::on(&cx.db);
    let long = "n".repeat(70);
    let created = schema
        .create(long.clone(), |t| {
            t.id();
        })
        .await;
    match created {
        Ok(()) => {
            assert!(schema.has_table(&long).await?);
            schema.drop(long).await?;
        }
        Err(error) => assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}"),
    }
    Ok(())
}

async fn a_default_without_a_form_is_refused(cx: Orm) -> Outcome {
    let schema = Schema::on(&cx.db);
    clear(&schema).await?;
    let create = schema.create("s_users", |t| {
        t.id();
        t.string("short", 2).default("long");
    });
    let error = create.await.unwrap_err();
    assert_eq!((error.kind(), error.column()), (ErrorKind::Encode, Some("short")));
    assert!(!schema.has_table("s_users").await?);
    Ok(())
}

//! Each command line that is specified, in the application and in test mode.

use std::sync::atomic::AtomicBool;

use eloquent::seeding::Seeders;

use crate::ground::Ground;
use crate::project::{GeoLocationSeeder, ProjectSeeder, UserSeeder};

const SQL: [&str; 3] = ["mysql", "pg", "sqlite"];
static NEVER: AtomicBool = AtomicBool::new(false);

fn seeders() -> Seeders {
    Seeders::new().add(ProjectSeeder { fails: &NEVER }).add(GeoLocationSeeder).add(UserSeeder)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_line_works_and_test_mode_leaves_the_application_alone() {
    let ground = Ground::whole("lines").await;
    let run = async |line: &str| ground.run(&format!("eloquent {line}"), seeders()).await;

    run("migrate:run --all-connections --all-migrations")
        .await
        .expect(0, &["mysql: 1 applied", "pg: 1 applied", "sqlite: 1 applied"]);
    let said = run("db:seed --all-connections --class UserSeeder").await;
    said.expect(
        0,
        &["mysql: 1 seeder, 3 rows", "pg: 1 seeder, 3 rows", "sqlite: 1 seeder, 3 rows"],
    );
    assert!(!said.all.contains("mongo"), "documents only by their own flag: {}", said.all);
    run("db:seed --mongo --class GeoLocationSeeder").await.expect(0, &["mongo: 1 seeder, 2 rows"]);
    for name in SQL {
        assert_eq!(ground.count(name, "users").await, 3, "{name}");
        assert_eq!(ground.count(&format!("{name}_test"), "users").await, -1, "{name}_test");
    }
    assert_eq!(ground.count("mongo", "geolocations").await, 2);
    assert_eq!(ground.count("mongo_test", "geolocations").await, 0);

    // a second run changes nothing
    run("db:seed --all-connections --class UserSeeder").await.expect(
        0,
        &["mysql: 1 seeder, 0 rows", "pg: 1 seeder, 0 rows", "sqlite: 1 seeder, 0 rows"],
    );
    run("db:seed --mongo --class GeoLocationSeeder").await.expect(0, &["mongo: 1 seeder, 0 rows"]);

    // all that follows is about the twins
    let mut before = Vec::new();
    for name in SQL.into_iter().chain(["mongo"]) {
        before.push(ground.rows(name).await);
    }
    for line in [
        "migrate:run --all-connections --all-migrations --test",
        "db:seed:precheck --all-connections --test",
        "db:seed --all-connections --test --class UserSeeder",
        "db:seed --mongo --test --class GeoLocationSeeder",
        "db:seed --test",
        "db:seed --mongo --test",
        "db:seed:precheck --mongo --test",
        "db:seed:fresh --all-connections --test --class UserSeeder",
        "db:seed:fresh --test",
        "migrate:refresh --all-connections --test",
        "migrate:rollback --pg --test --all-migrations",
        "migrate:run --pg --test",
        "migrate:fresh --mysql --test",
        "db:seed --mysql --test --class ProjectSeeder",
        "migrate:status --all-connections --test",
    ] {
        run(line).await.expect(0, &["_test"]);
    }
    assert_eq!(ground.count("mysql_test", "users").await, 4, "the called one, and its own row");
    assert_eq!(ground.count("mongo_test", "geolocations").await, 2);
    let mut after = Vec::new();
    for name in SQL.into_iter().chain(["mongo"]) {
        after.push(ground.rows(name).await);
    }
    assert_eq!(before, after, "test mode wrote to no database of the application");

    // and in the application itself
    run("db:seed:precheck --all-connections").await.expect(0, &["pg: ready to be seeded"]);
    run("db:seed:fresh --all-connections --class UserSeeder")
        .await
        .expect(0, &["pg: 1 applied", "pg: 1 seeder, 3 rows", "mysql: 1 seeder, 3 rows"]);
    let (code, document) = json(&ground, "db:seed --pg --class UserSeeder").await;
    assert_eq!((code, document["connections"][0]["seeded"][0]["rows"].as_u64()), (0, Some(0)));
    ground.end().await;
}

async fn json(ground: &Ground, line: &str) -> (u8, serde_json::Value) {
    let said = ground.run(&format!("eloquent {line} --json"), seeders()).await;
    (said.code, serde_json::from_str(&said.all).unwrap_or_else(|_| panic!("{said:?}")))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_failure_hides_no_other() {
    let ground = Ground::whole("hides").await;
    let run = async |line: &str| ground.run(&format!("eloquent {line}"), seeders()).await;
    run("migrate:run --all-connections").await.expect(0, &[]);
    run("migrate:rollback --mysql").await.expect(0, &[]);
    run("db:seed:precheck --all-connections").await.expect(
        1,
        &["mysql: not ready", "`20260101000000_users` is pending", "pg: ready", "sqlite: ready"],
    );
    run("db:seed --all-connections --class UserSeeder")
        .await
        .expect(1, &["mysql: not ready", "pg: 1 seeder, 3 rows", "sqlite: 1 seeder, 3 rows"]);
    assert_eq!(ground.count("mysql", "users").await, -1);
    // a seeder for documents is for none of these
    run("db:seed --all-connections --class GeoLocationSeeder")
        .await
        .expect(1, &["no seeder is for", "a document model"]);
    ground.end().await;
}

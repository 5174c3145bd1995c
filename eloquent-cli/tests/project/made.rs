//! Projects of `eloquent new`.

use crate::place::Place;

/// The settings of a server of the tests, and a database of its own there.
fn with_server(place: &mut Place, prefix: &str, database: &str) {
    for key in ["HOST", "PORT", "USER", "PASSWORD"] {
        let name = format!("{prefix}_{key}");
        let value = std::env::var(&name).unwrap_or_default();
        assert!(!value.is_empty(), "{name} is not set: run this with scripts/test");
        place.set(&name, &value);
    }
    place.set(&format!("{prefix}_NAME"), database);
}

/// A database that is there and empty.
fn create_database(driver: &str, prefix: &str, database: &str) {
    let variable = |key: &str| std::env::var(format!("{prefix}_{key}")).unwrap_or_default();
    let url = format!(
        "{driver}://{}:{}@{}:{}/{}?ssl_mode=disable",
        variable("USER"),
        variable("PASSWORD"),
        variable("HOST"),
        variable("PORT"),
        variable("NAME")
    );
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let db = eloquent::Db::connect(&url).await.expect("the server");
        for words in ["DROP DATABASE IF EXISTS", "CREATE DATABASE"] {
            let sql = eloquent::RawSql::trusted(format!("{words} {database}"));
            eloquent::Db::raw(sql).on(&db).execute().await.expect("it is done");
        }
        db.close().await.expect("closes");
    });
}

/// What the README of the project says: migrate, seed, run.
fn follow_the_readme(place: &Place) {
    let readme = place.read("README.md");
    let (_, rest) = readme.split_once("```sh\n").expect("commands");
    let (commands, _) = rest.split_once("```").expect("commands");
    let commands: Vec<&str> = commands.lines().collect();
    assert_eq!(commands.len(), 3, "{commands:?}");
    place.run(commands[0]).expect(0, &["1 applied"]);
    place.run(commands[1]).expect(0, &[]);
    // once more changes nothing
    place.run(commands[1]).expect(0, &[]);
    place.run(commands[2]).expect(0, &["Ada <ada@example.org>\nGrace", "there are 2 users"]);
    // the program of its own runs that of the project, which has the migration
    place.run("eloquent migrate:status").expect(0, &["1 applied", "_create_users"]);
}

#[test]
fn one_on_sqlite_is_built_and_grows() {
    let mut place = Place::new();
    place.project("shop", "");
    follow_the_readme(&place);

    // what the generators add is compiled and run too
    for line in [
        "eloquent make:model blog_post title:string:unique body:text? price:decimal on:date \
         at:time big:i64:index small:i16 mid:i32 real:f64 raw:bytes yes:bool tag:uuid \
         seen:datetime? --migration",
        "eloquent make:model shop/order note:text? --sqlite",
        "eloquent make:model letter subject:string --document --connection sqlite",
        "eloquent make:migration add_nothing --rust",
        "eloquent make:migration create_tags",
        "eloquent make:seeder blog_post_seeder --model blog_post",
        "eloquent make:seeder more/empty_seeder",
    ] {
        let is_wrong = line.contains("--document");
        place.run(line).expect(if is_wrong { 2 } else { 0 }, &[]);
    }
    place.run("eloquent make:model letter subject:string --document").expect(0, &[]);
    // files stand among those in Rust
    for entry in std::fs::read_dir(place.here.join("migrations/sqlite")).unwrap() {
        let path = entry.unwrap().path();
        let is_up = path.to_string_lossy().ends_with(".up.sql");
        let sql = if is_up { "CREATE TABLE tags (id INTEGER);" } else { "DROP TABLE tags;" };
        std::fs::write(path, sql).unwrap();
    }
    let said = place.run("eloquent migrate:run");
    said.expect(0, &["3 applied", "create_blog_posts", "add_nothing", "create_tags"]);
    place.run("eloquent db:table blog_posts").expect(0, &["title", "uq_blog_posts_title"]);
    place.run("eloquent db:seed").expect(0, &["UserSeeder", "BlogPostSeeder", "EmptySeeder"]);
    place.run("eloquent migrate:rollback").expect(0, &["3 undone"]);

    // exit codes come through: a usage mistake, and a database that is locked out
    place.run("eloquent migrate:rollback --step x").expect(2, &[]);
    place.set("APP_ENV", "production");
    place.run("eloquent migrate:fresh").expect(3, &[]);
}

#[test]
fn one_on_postgresql_follows_its_readme() {
    let mut place = Place::new();
    create_database("pg", "PG", "project_pg");
    with_server(&mut place, "PG", "project_pg");
    place.project("shop", "--pg");
    follow_the_readme(&place);
}

#[test]
fn one_on_mariadb_follows_its_readme() {
    let mut place = Place::new();
    create_database("mysql", "DB", "project_mysql");
    with_server(&mut place, "DB", "project_mysql");
    place.project("shop", "--mysql");
    follow_the_readme(&place);
}

#[test]
fn one_on_mongodb_follows_its_readme() {
    let mut place = Place::new();
    let uri = std::env::var("MONGO_URI").unwrap_or_default();
    assert!(!uri.is_empty(), "MONGO_URI is not set: run this with scripts/test");
    place.set("MONGO_URI", &uri);
    place.set("MONGO_DB", &format!("project_{}", std::process::id()));
    place.project("shop", "--mongo");
    follow_the_readme(&place);
    place.run("eloquent db:show --mongo --counts").expect(0, &["users", "2"]);
    place.run("eloquent db:table users --mongo").expect(0, &["uq_users_email", "unique"]);
    place.run("eloquent make:model note text:text --document --mongo").expect(0, &[]);
    // what is generated runs as it is, in files and in Rust
    place.run("eloquent make:migration create_visits --mongo").expect(0, &[".up.json"]);
    place.run("eloquent make:migration add_nothing --rust --mongo").expect(0, &[]);
    place.run("eloquent migrate:run").expect(0, &["2 applied", "_create_visits", "_add_nothing"]);
    place.run("eloquent db:show").expect(0, &["visits"]);
    place.run("eloquent migrate:rollback").expect(0, &["2 undone"]);
    place.run("eloquent migrate:rollback").expect(0, &["1 undone"]);
}

#[test]
fn a_folder_that_is_there_is_left_alone() {
    let mut place = Place::new();
    place.write("shop/mine", "x");
    place.run("eloquent new shop").expect(1, &["eloquent init"]);
    for name in ["../x", "/x", "fn", "test", "a b", "Shop", "eloquent"] {
        let said = place.run(&format!("eloquent new {name}"));
        assert_eq!(said.code, Some(2), "{name}: {said:?}");
    }
    place.run("eloquent new shop2 --pg --mongo").expect(2, &[]);
    place.run("eloquent new shop2 --eloquent-path .").expect(2, &["no clone"]);
    assert!(!place.root().join("shop2").exists());
    // inside of a workspace it is apart
    place.write("Cargo.toml", "[workspace]\n");
    place.run("eloquent new inside").expect(0, &[]);
    let metadata = "cargo metadata --no-deps --format-version 1 --manifest-path inside/Cargo.toml";
    place.run(metadata).expect(0, &["\"name\":\"inside\""]);
    std::fs::remove_file(place.here.join("Cargo.toml")).unwrap();
    place.enter("shop");
    place.write("README.md", "mine");
    place.run("eloquent init").expect(1, &["README.md is there already"]);
    assert_eq!(std::fs::read_dir(&place.here).unwrap().count(), 2);
    std::fs::remove_file(place.here.join("README.md")).unwrap();
    place.run("eloquent init --mongo").expect(0, &["made ./Cargo.toml"]);
    assert!(place.read("Cargo.toml").contains("version = \"0.1.0\", features = [\"mongo\"]"));
    assert!(place.read("src/models/user.rs").contains("#[model(document)]"));
    assert!(place.read(".env").contains("MONGO_TEST_DB=shop_test"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(place.here.join(".env")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    assert!(place.read(".gitignore").lines().any(|line| line == ".env"));
}

#[test]
fn a_project_that_does_not_build_is_told_by_cargo() {
    let place = Place::new();
    place.write("Cargo.toml", "[package\n");
    place.run("eloquent migrate:status").expect(1, &["error[config]", "Cargo.toml"]);
    // what needs nothing of the project runs all the same
    place.run("eloquent drivers").expect(0, &["sqlite"]);
}

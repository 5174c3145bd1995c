//! Files that are made from templates.

use std::fs;

use crate::run::Place;

/// A place with the folders of a project.
fn project() -> Place {
    let place = Place::with_sqlite();
    fs::create_dir(place.path().join("src")).expect("a folder");
    place.write("src/lib.rs", "pub mod models;\n");
    place
}

fn read(place: &Place, name: &str) -> String {
    fs::read_to_string(place.path().join(name)).unwrap_or_default()
}

#[test]
fn a_model_and_its_line_in_the_list_are_made() {
    let place = project();
    place
        .run("make:model BlogPost title:string:unique body:text? team_id:i64:index --sqlite")
        .expect(0, &["made src/models/blog_post.rs", "made src/models/mod.rs"]);
    let model = read(&place, "src/models/blog_post.rs");
    for part in [
        "#[model(connection = \"sqlite\")]",
        "pub struct BlogPost {",
        "    #[model(length = 255, unique)]\n    pub title: String,",
        "pub body: Option<String>,",
        "pub created_at: DateTime<Utc>,",
    ] {
        assert!(model.contains(part), "{part}: {model}");
    }
    place.run("make:model shop/order --no-timestamps").expect(0, &["changed src/models/mod.rs"]);
    let list = read(&place, "src/models/mod.rs");
    assert!(list.contains("mod blog_post;\npub mod shop;\n"), "{list}");
    assert!(list.contains("pub use blog_post::BlogPost;\n"), "{list}");
    assert!(read(&place, "src/models/shop/mod.rs").contains("pub use order::Order;"));
    let (code, document) = place.json("make:model tag --document");
    assert_eq!((code, &document["files"][0]), (0, &"src/models/tag.rs".into()));
    assert!(read(&place, "src/models/tag.rs").contains("#[model(document)]"));
}

#[test]
fn what_is_there_stays() {
    let place = project();
    place.run("make:model post").expect(0, &[]);
    place.write("src/models/post.rs", "// mine\n");
    let list = read(&place, "src/models/mod.rs");
    place.run("make:model post").expect(1, &[]).complains(&["src/models/post.rs is there already"]);
    assert_eq!(read(&place, "src/models/post.rs"), "// mine\n");
    assert_eq!(read(&place, "src/models/mod.rs"), list);
    place.write("src/models/mod.rs", "mod post;\n");
    place.run("make:model tag").expect(1, &[]).complains(&["// <eloquent:modules>"]);
    assert!(!place.path().join("src/models/tag.rs").exists(), "all or nothing");
    place.write("src/models/mod.rs", "mod post\n");
    place.run("make:model tag").expect(1, &[]);
}

#[test]
fn names_that_lead_elsewhere_or_do_not_compile_are_refused() {
    let place = project();
    for name in
        ["../post", "/post", "fn", "self", "9", "po st", "post;", "Ä", "Option", "con", "a//b"]
    {
        for command in ["make:model", "make:seeder"] {
            let said = place.run_args(&[command, name]);
            assert_eq!(said.code, 2, "{command} {name}: {said:?}");
        }
    }
    for (line, what) in [
        ("make:model a b", "no type"),
        ("make:model a type:string", "word of Rust"),
        ("make:model a id:i64", "by itself"),
        ("make:model a b:strng", "did you mean `string`"),
        ("make:model a --connection sqlit", "did you mean `sqlite`"),
        ("make:model a --sqlite --document", "no documents"),
        ("make:model a --mongo", "say `--document`"),
        ("make:model a --connection sqlite_test", "twin"),
        ("make:model a --all-connections", "one connection"),
        ("make:model a --table x;", "a-z"),
    ] {
        place.run(line).expect(2, &[]).complains(&[what]);
    }
    assert!(!place.path().join("src/models").exists());
    Place::new().run("make:model post").expect(1, &[]).complains(&["eloquent new"]);
}

#[test]
fn templates_of_the_project_go_first() {
    let place = project();
    fs::create_dir(place.path().join("templates")).expect("a folder");
    place.write("templates/model.rs", "pub struct {{ pascal }}; // {{ fields|length }}\n");
    place.run("make:model post a:i64 b:text").expect(0, &[]);
    assert_eq!(read(&place, "src/models/post.rs"), "pub struct Post; // 2\n");
    place.write("templates/migration.up.sql", "-- {{ name }} on {{ connection }}\n");
    let (_, document) = place.json("make:migration create_posts");
    let file = document["files"][0].as_str().expect("a path");
    assert_eq!(read(&place, file), "-- create_posts on sqlite\n");
    place.write("templates/model.rs", "pub struct {{ pascal }\n");
    place.run("make:model tag").expect(1, &[]).complains(&["templates/model.rs"]);
    place.write("templates/model.rs", "pub struct {{ pascal }} {\n");
    place.run("make:model tag").expect(1, &[]).complains(&["not Rust"]);
    assert!(!place.path().join("src/models/tag.rs").exists());
}

#[test]
fn migrations_in_rust_have_stamps_of_their_own() {
    let place = project();
    let mut stamps = Vec::new();
    for name in ["create_a", "create_b", "create_c"] {
        let (code, document) = place.json(&format!("make:migration {name} --rust"));
        assert_eq!(code, 0, "{document}");
        let file = document["files"][0].as_str().expect("a path");
        let (stamp, _) =
            file.trim_start_matches("src/migrations/m").split_once('_').expect("a stamp");
        stamps.push(stamp.to_owned());
    }
    let (_, document) = place.json("make:migration create_d");
    let file = document["files"][0].as_str().expect("a path");
    let file = file.rsplit('/').next().expect("a name");
    stamps.extend(file.split('_').next().map(str::to_owned));
    let mut sorted = stamps.clone();
    sorted.sort();
    sorted.dedup();
    assert_eq!(stamps, sorted);
    let list = read(&place, "src/migrations/mod.rs");
    let line = format!("(\"sqlite\", Migrations::new().add(m{}_create_a::CreateA)),", stamps[0]);
    assert!(list.contains(&line), "{list}");
    let said = place.run("make:migration create_e --rust");
    said.expect(0, &["add `pub mod migrations;` to src/lib.rs"]);
}

#[test]
fn documents_get_commands_in_place_of_sql() {
    let place = project().set("MONGO_URI", "mongodb://127.0.0.1:1/").set("MONGO_DB", "a");
    for line in
        ["make:migration create_visits --mongo", "make:migration add_page --connection mongo"]
    {
        let (code, document) = place.json(line);
        assert_eq!(code, 0, "{document}");
        let files: Vec<&str> = document["files"]
            .as_array()
            .unwrap()
            .iter()
            .map(|file| file.as_str().unwrap())
            .collect();
        let [up, down] = files[..] else { panic!("{files:?}") };
        assert!(up.starts_with("migrations/mongo/") && up.ends_with(".up.json"), "{up}");
        assert!(down.ends_with(".down.json"), "{down}");
        let texts = [read(&place, up), read(&place, down)];
        match line.contains("create_visits") {
            true => assert_eq!(texts, ["{\"create\": \"visits\"}\n", "{\"drop\": \"visits\"}\n"]),
            false => {
                assert_eq!(texts, ["[]\n", "[]\n"]);
                let note = document["notes"][0].as_str().unwrap();
                assert!(note.contains("between the brackets"), "{note}");
            }
        }
    }
    // tables get SQL, whatever else is configured
    let (_, document) = place.json("make:migration create_visits --sqlite");
    assert!(document["files"][0].as_str().unwrap().ends_with(".up.sql"), "{document}");
}

#[test]
fn the_migration_of_a_model_knows_its_table() {
    let place = project();
    let line = "make:model shop/Category title:string --migration";
    let (code, document) = place.json(line);
    assert_eq!(code, 0, "{document}");
    let files: Vec<&str> =
        document["files"].as_array().unwrap().iter().map(|file| file.as_str().unwrap()).collect();
    let migration = files.iter().find(|file| file.ends_with("_create_categories.rs"));
    let migration = read(&place, migration.unwrap_or_else(|| panic!("{files:?}")));
    assert!(migration.contains("create(\"categories\", |t| {"), "{migration}");
    let model = read(&place, "src/models/shop/category.rs");
    assert!(!model.contains("table ="), "the model derives the same: {model}");
}

#[test]
fn the_settings_of_a_new_project_are_understood() {
    let kinds = [
        ("sqlite", cfg!(feature = "sqlite"), "path", ".sqlite"),
        ("pg", cfg!(feature = "pg"), "name", ""),
        ("mysql", cfg!(feature = "mysql"), "name", ""),
        ("mongo", cfg!(feature = "mongo"), "db", ""),
    ];
    for (kind, _, key, ending) in kinds.into_iter().filter(|(_, is_linked, ..)| *is_linked) {
        let place = Place::new();
        place.run(&format!("new shop_{kind} --{kind}")).expect(0, &["Cargo.toml"]);
        let (code, told) = place.json(&format!("env:check --env-file shop_{kind}/.env"));
        assert_eq!((code, &told["notes"]), (0, &serde_json::json!([])), "{told}");
        let of = |name: &str| {
            let all = told["connections"].as_array().expect("a list");
            let found = all.iter().find(|one| one["name"] == name).expect("the connection");
            let settings = found["settings"].as_array().expect("a list");
            let setting = settings.iter().find(|one| one["key"] == key).expect("the setting");
            (found["state"].clone(), setting["value"].as_str().expect("a text").to_owned())
        };
        assert_eq!(of(kind), ("ok".into(), format!("shop_{kind}{ending}")));
        let twin = format!("shop_{kind}_test{ending}");
        assert_eq!(of(&format!("{kind}_test")), ("ok".into(), twin));
    }
}

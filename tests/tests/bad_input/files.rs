//! Files: missing, in the way, damaged, full, and only to be read.

use std::fs;
use std::path::{Component, Path, PathBuf};

use eloquent::prelude::*;
use eloquent::{ErrorKind, PoolOptions};

use crate::fixture::{Folder, file, healthy, refused, rows};

#[derive(Model, Debug, Clone, PartialEq)]
struct Page {
    id: i64,
    #[model(unique)]
    name: String,
    body: Option<String>,
}

const READ_ONLY: &[(&str, &str)] = &[("mode", "ro")];
const EXISTING: &[(&str, &str)] = &[("mode", "rw")];

/// Writes a database of so many rows and closes it.
async fn made(path: &Path, count: i64) {
    let db = file(path, &[]);
    db.scope(async {
        Page::create_table().await.unwrap();
        let body = "x".repeat(1_000);
        let drafts = (0..count).map(|i| new!(Page { name: format!("p{i}"), body: &body }));
        Page::insert_many(drafts).await.unwrap();
    })
    .await;
    db.close().await.unwrap();
}

/// The error of the first use of a database.
async fn refused_use(db: &Db, kind: ErrorKind) -> crate::fixture::Refusal {
    refused(db.scope(async { Page::all().await }).await, kind);
    refused(db.begin().await, kind);
    refused(db.capabilities().await, kind);
    refused(db.connection("main").unwrap().ping().await, kind)
}

#[tokio::test]
async fn a_file_that_is_missing_is_made_only_when_asked() {
    let folder = Folder::new();
    let path = folder.at("missing.db");
    for settings in [READ_ONLY, EXISTING] {
        let db = file(&path, settings);
        refused_use(&db, ErrorKind::Connect).await.says("missing.db").says("does not exist");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left behind");
    }
    let db = file(&path, EXISTING);
    refused_use(&db, ErrorKind::Connect).await;
    made(&path, 1).await;
    db.scope(async {
        assert_eq!(rows::<Page>().await, 1, "once it is there, the same connection finds it");
        healthy().await;
    })
    .await;
}

#[tokio::test]
async fn what_is_in_the_way_of_a_file_is_told() {
    let folder = Folder::new();
    fs::create_dir(folder.at("folder.db")).unwrap();
    fs::write(folder.at("plain"), "no folder").unwrap();
    let missing = file(&folder.at("nowhere/app.db"), &[]);
    refused_use(&missing, ErrorKind::Connect).await.says("nowhere").says("directory");
    assert!(!folder.at("nowhere").exists());
    for settings in [&[][..], EXISTING] {
        let db = file(&folder.at("folder.db"), settings);
        refused_use(&db, ErrorKind::Connect).await.says("folder.db").says("directory");
    }
    for settings in [&[][..], EXISTING, READ_ONLY] {
        let db = file(&folder.at("plain/app.db"), settings);
        refused_use(&db, ErrorKind::Connect).await.says("plain");
    }
    let long = folder.at(&"x".repeat(5_000));
    refused_use(&file(&long, &[]), ErrorKind::Connect).await;
}

#[tokio::test]
async fn a_directory_is_told_also_when_it_is_only_to_be_read() {
    let folder = Folder::new();
    let db = file(folder.path(), READ_ONLY);
    refused_use(&db, ErrorKind::Connect).await.says("directory");
}

#[tokio::test]
async fn a_file_only_to_be_read_is_not_changed() {
    let folder = Folder::new();
    let path = folder.at("app.db");
    made(&path, 3).await;
    let before = fs::read(&path).unwrap();
    let db = file(&path, READ_ONLY);
    db.scope(async {
        let mut page = Page::find(1).or_fail().await.unwrap();
        let read_only = |outcome| refused::<()>(outcome, ErrorKind::ReadOnly);
        read_only(Page::create(new!(Page { name: "n" })).await.map(drop)).of::<Page>();
        read_only(Page::insert_many([new!(Page { name: "n" })]).await.map(drop)).of::<Page>();
        read_only(page.update(|p| p.name = "n".into()).await.map(drop)).of::<Page>();
        read_only(page.clone().delete().await).of::<Page>();
        read_only(Page::delete_all().await.map(drop)).of::<Page>();
        let upsert = Page::upsert([new!(Page { name: "p1" })]).unique_by(|p| p.name);
        read_only(upsert.await.map(drop)).of::<Page>();
        read_only(Page::drop_table().await).of::<Page>();
        read_only(Db::raw("DELETE FROM pages").execute().await.map(drop));
        let transaction = Db::transaction(async {
            assert_eq!(rows::<Page>().await, 3);
            Page::delete_all().await
        });
        read_only(transaction.await.map(drop));
        assert_eq!(page.name, "p0");
        assert_eq!(rows::<Page>().await, 3);
        healthy().await;
    })
    .await;
    db.close().await.unwrap();
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[tokio::test]
async fn a_database_in_memory_that_only_reads_takes_no_writes() {
    let outcome = match Db::builder().url("main", "sqlite::memory:?mode=ro").build() {
        Ok(db) => Db::raw("CREATE TABLE t (a INT)").on(&db).execute().await.map(drop),
        Err(error) => Err(error),
    };
    let error = outcome.expect_err("the setting is not left out in silence");
    assert!(matches!(error.kind(), ErrorKind::ReadOnly | ErrorKind::Config), "{error}");
}

#[tokio::test]
async fn what_is_no_database_is_left_as_it_is() {
    let folder = Folder::new();
    let path = folder.at("app.db");
    let header = b"SQLite format 3\0";
    let contents = [
        b"no".to_vec(),
        b"no database, but long enough to hold a header ".repeat(50),
        header[..10].to_vec(),
        header.to_vec(),
        header.iter().copied().chain(std::iter::repeat_n(0, 2_000)).collect(),
        header.iter().copied().chain(std::iter::repeat_n(0xff, 9_000)).collect(),
        b"SQLite format 4\0".iter().copied().chain(std::iter::repeat_n(1, 4_080)).collect(),
    ];
    for content in contents {
        fs::write(&path, &content).unwrap();
        for settings in [&[][..], EXISTING, READ_ONLY] {
            let db = file(&path, settings);
            refused_use(&db, ErrorKind::Corrupt).await.says("app.db");
            db.close().await.unwrap();
            assert_eq!(fs::read(&path).unwrap(), content);
        }
    }
}

#[tokio::test]
async fn a_file_that_lost_its_end_is_corrupt() {
    let folder = Folder::new();
    let path = folder.at("app.db");
    made(&path, 500).await;
    let whole = fs::read(&path).unwrap();
    for pages in [1, 2, 10, 50] {
        fs::write(&path, &whole[..pages * 4_096]).unwrap();
        let db = file(&path, EXISTING);
        db.scope(async {
            refused(Page::all().await, ErrorKind::Corrupt);
            refused(Page::query().sum(|p| p.id).await, ErrorKind::Corrupt);
            let _ = Page::find(1).await; // its part may be left, but nothing panics
        })
        .await;
        let _ = db.close().await;
    }
    fs::write(&path, &whole).unwrap();
    file(&path, &[]).scope(async { assert_eq!(rows::<Page>().await, 500) }).await;
}

#[tokio::test]
async fn a_file_that_is_damaged_inside_is_corrupt() {
    let folder = Folder::new();
    let path = folder.at("app.db");
    made(&path, 500).await;
    let mut damaged = fs::read(&path).unwrap();
    for page in damaged.chunks_mut(4_096).skip(10).take(20) {
        page.fill(0xee);
    }
    fs::write(&path, &damaged).unwrap();
    let db = file(&path, &[]);
    db.scope(async {
        refused(Page::all().await, ErrorKind::Corrupt).of::<Page>();
        let mut stream = Page::query().order_by(|p| p.id.asc()).stream();
        let mut last = None;
        while let Some(row) = stream.next().await {
            last = Some(row);
        }
        refused(last.unwrap(), ErrorKind::Corrupt).of::<Page>();
        assert_eq!(Db::raw("SELECT 1").scalar::<i64>().await.unwrap(), Some(1));
    })
    .await;
}

#[tokio::test]
async fn a_database_that_is_full_takes_nothing_more_and_loses_nothing() {
    let folder = Folder::new();
    let path = folder.at("app.db");
    made(&path, 20).await;
    let config =
        eloquent::ConnectionConfig::new("main", "sqlite").set("path", path.to_str().unwrap());
    let one = PoolOptions::default().max_sessions(1);
    let db = Db::builder().connection(config).pool(one).build().unwrap();
    db.scope(async {
        Db::raw("PRAGMA max_page_count = 1").rows().await.unwrap();
        let big = "y".repeat(100_000);
        let full = || new!(Page { name: "big", body: &big });
        refused(Page::create(full()).await, ErrorKind::Full).of::<Page>();
        let batch = (0..250).map(|i| new!(Page { name: format!("n{i}") })).chain([full()]);
        refused(Page::insert_many(batch).await, ErrorKind::Full).of::<Page>();
        let update = Page::query().filter(|p| p.id.eq(1)).update(|p| p.body.set(&big));
        refused(update.await, ErrorKind::Full).of::<Page>();
        assert_eq!(rows::<Page>().await, 20);
        healthy().await;
        let in_transaction = Db::transaction(async {
            Page::query().filter(|p| p.id.eq(2)).update(|p| p.name.set("changed")).await?;
            Page::create(full()).await
        });
        refused(in_transaction.await, ErrorKind::Full).of::<Page>();
        assert_eq!(Page::find(2).or_fail().await.unwrap().name, "p1", "all of it is undone");
        // Room that is made is used again.
        assert_eq!(Page::delete_all().await.unwrap(), 20);
        Page::create(new!(Page { name: "fits" })).await.unwrap();
        healthy().await;
    })
    .await;
}

/// The path from the working directory to another one.
fn relative(to: &Path) -> PathBuf {
    let here = std::env::current_dir().unwrap();
    let up = here.components().filter(|part| matches!(part, Component::Normal(_))).map(|_| "..");
    up.collect::<PathBuf>().join(to.strip_prefix("/").unwrap())
}

#[tokio::test]
async fn a_relative_path_leads_to_the_file_that_it_names() {
    let folder = Folder::new();
    fs::create_dir(folder.at("sub")).unwrap();
    made(&folder.at("sub/../x.db"), 2).await;
    assert!(folder.at("x.db").is_file());
    assert_eq!(fs::read_dir(folder.at("sub")).unwrap().count(), 0);
    let path = relative(&folder.at("x.db"));
    assert!(path.starts_with(".."));
    let url = format!("sqlite:{}?mode=rw", path.display());
    let db = Db::builder().url("main", url).build().unwrap();
    db.scope(async { assert_eq!(rows::<Page>().await, 2) }).await;
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_leads_to_its_file() {
    use std::os::unix::fs::symlink;
    let folder = Folder::new();
    made(&folder.at("real.db"), 2).await;
    symlink(folder.at("real.db"), folder.at("link.db")).unwrap();
    let (link, real) =
        (file(&folder.at("link.db"), EXISTING), file(&folder.at("real.db"), EXISTING));
    Page::create(new!(Page { name: "new" })).on(&link).await.unwrap();
    assert_eq!(Page::query().on(&real).count().await.unwrap(), 3, "both see what either writes");
    Page::create(new!(Page { name: "newer" })).on(&real).await.unwrap();
    assert_eq!(Page::query().on(&link).count().await.unwrap(), 4);
    assert!(folder.at("link.db").is_symlink());

    symlink(folder.at("gone.db"), folder.at("dangling.db")).unwrap();
    for settings in [EXISTING, READ_ONLY] {
        refused_use(&file(&folder.at("dangling.db"), settings), ErrorKind::Connect)
            .await
            .says("dangling.db");
        assert!(!folder.at("gone.db").exists());
    }
    symlink(folder.at("circle.db"), folder.at("circle.db")).unwrap();
    refused_use(&file(&folder.at("circle.db"), &[]), ErrorKind::Connect).await.says("circle.db");
}

#[tokio::test]
async fn a_log_that_belongs_to_no_database_is_ignored() {
    let folder = Folder::new();
    let path = folder.at("app.db");
    made(&path, 3).await;
    fs::write(folder.at("app.db-wal"), [0xee; 9_000]).unwrap();
    fs::write(folder.at("app.db-shm"), [0xee; 32_768]).unwrap();
    let db = file(&path, &[]);
    db.scope(async {
        assert_eq!(rows::<Page>().await, 3);
        Page::create(new!(Page { name: "new" })).await.unwrap();
        assert_eq!(rows::<Page>().await, 4);
        healthy().await;
    })
    .await;
}

#[tokio::test]
async fn an_empty_file_is_an_empty_database() {
    let folder = Folder::new();
    let path = folder.at("empty.db");
    fs::write(&path, "").unwrap();
    let db = file(&path, EXISTING);
    db.scope(async {
        refused(Page::all().await, ErrorKind::InvalidInput).of::<Page>();
        Page::create_table().await.unwrap();
        Page::create(new!(Page { name: "a" })).await.unwrap();
        assert_eq!(rows::<Page>().await, 1);
    })
    .await;
}

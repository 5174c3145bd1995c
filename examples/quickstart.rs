//! Eloquent at a glance: `cargo run --example quickstart`.
//!
//! A program in a temporary folder that says what it does, and shows each statement that is sent.

use eloquent::prelude::*;
use eloquent::{Error, QueryEvent};

#[derive(Model, Debug)]
struct User {
    id: i64,
    name: String,
    #[model(unique)]
    email: String,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

#[derive(Model, Debug)]
struct Post {
    id: i64,
    #[model(index)]
    user_id: i64,
    title: String,
    #[model(default)]
    views: i64,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("quickstart.sqlite");
    let db = Db::connect(&format!("sqlite:{}", file.display())).await?;
    db.on_query(show);
    db.install();

    step("Create the tables");
    User::create_table().await?;
    Post::create_table().await?;

    step("Create a row, and many at once");
    let ada = User::create(new!(User { name: "Ada", email: "ada@example.org" })).await?;
    let grace = User::create(new!(User { name: "Grace", email: "grace@example.org" })).await?;
    let titles = ["Notes", "On engines", "Compilers", "Nanoseconds", "Debugging"];
    let drafts = titles.iter().zip(1..).map(|(title, n)| {
        let user_id = if n <= 2 { ada.id } else { grace.id };
        new!(Post { user_id, title: *title, views: n * 100 })
    });
    let posts = Post::create_many(drafts).await?;
    println!("  {} has the key {}, and there are {} posts", ada.name, ada.id, posts.len());

    step("Find by key");
    let found = User::find(ada.id).or_fail().await?;
    println!("  {} <{}>", found.name, found.email);

    step("Filter and order");
    let popular = Post::query()
        .filter(|p| p.views.ge(200).and(p.title.ne("Debugging")))
        .order_by(|p| p.views.desc())
        .await?;
    print(popular.iter().map(|post| format!("{:<12} {:>4} views", post.title, post.views)));

    step("Join");
    let by_author: Vec<(String, String)> = Post::query()
        .join::<User, _>(|(p, u)| u.id.eq(p.user_id))
        .order_by(|(p, u)| (u.name.asc(), p.title.asc()))
        .select(|(p, u)| (u.name, p.title))
        .await?;
    print(by_author.iter().map(|(author, title)| format!("{author:<6} {title}")));

    step("Aggregate");
    let totals: Vec<(String, i64, Option<i64>)> = User::query()
        .join::<Post, _>(|(u, p)| p.user_id.eq(u.id))
        .group_by(|(u, _)| u.name)
        .order_by(|(u, _)| u.name.asc())
        .select(|(u, p)| (u.name, count(), p.views.sum()))
        .await?;
    print(totals.iter().map(|(author, posts, views)| {
        format!("{author:<6} {posts} posts, {} views", views.unwrap_or_default())
    }));

    step("A page");
    let page = Post::query().order_by(|p| p.id.asc()).paginate(2, 2).await?;
    println!("  page {} of {}, {} posts in all", page.page, page.last_page(), page.total);
    print(page.items.iter().map(|post| post.title.clone()));

    step("Update: only what differs is written");
    let mut user = found;
    user.update(|u| u.name = "Ada Lovelace".into()).await?;
    let took = user.updated_at - user.created_at;
    println!("  {}, {} ms after she was created", user.name, took.num_milliseconds());

    step("Update many rows in one statement");
    let changed =
        Post::query().filter(|p| p.user_id.eq(grace.id)).increment(|p| p.views, 1).await?;
    println!("  {changed} posts changed");

    step("A transaction that fails is rolled back");
    let outcome: Result<(), Error> = Db::transaction(async {
        Post::query().filter(|p| p.user_id.eq(ada.id)).delete().await?;
        User::create(new!(User { name: "Impostor", email: "ada@example.org" })).await?;
        Ok(())
    })
    .await;
    match outcome {
        Ok(()) => return Err("the address was taken twice".into()),
        Err(error) => println!("  {error}"),
    }
    println!("  there are still {} posts", Post::query().count().await?);

    step("Delete");
    let key = user.id;
    Post::query().filter(|p| p.user_id.eq(key)).delete().await?;
    user.delete().await?;
    println!("  a user of the key {key}: {:?}", User::find(key).await?.map(|user| user.name));

    db.close().await?;
    Ok(())
}

fn step(title: &str) {
    println!("\n{title}");
}

fn print(lines: impl Iterator<Item = String>) {
    lines.for_each(|line| println!("  {line}"));
}

/// Called after each statement.
fn show(event: &QueryEvent<'_>) {
    println!("  | {}", event.sql.replace('\n', "\n  | "));
}

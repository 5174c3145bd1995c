//! Several databases at once: `cargo run --example multi_connection`.
//!
//! One set of variables describes all connections: those of the process and of `.env`, and for what they
//! lack the file `example.env` beside this one. `User` is pinned to `mysql`, `Order` to `pg`, and `Setting`
//! goes to the default, `sqlite`. `scripts/with-servers cargo run --example multi_connection` starts the
//! servers and says where they are.

use std::error::Error;
use std::sync::atomic::{AtomicUsize, Ordering};

use eloquent::prelude::*;
use eloquent::{Environment, QueryEvent};

#[derive(Model, Debug)]
#[model(connection = "mysql", table = "example_users")]
struct User {
    id: i64,
    #[model(length = 100)]
    name: String,
}

#[derive(Model, Debug)]
#[model(connection = "pg", table = "example_orders")]
struct Order {
    id: i64,
    user_id: i64,
    #[model(decimal(10, 2))]
    total: Decimal,
    created_at: DateTime<Utc>,
}

/// Not pinned: it lives where `DB_CONNECTION` says.
#[derive(Model, Debug)]
#[model(table = "example_settings")]
struct Setting {
    #[model(key, auto = false, length = 100)]
    name: String,
    value: String,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/multi_connection/example.env");
    let file = folder.path().join("app.sqlite").display().to_string();
    let here: Environment =
        [("DB_CONNECTION", "sqlite"), ("SQLITE_PATH", &file)].into_iter().collect();
    let environment = here.or(Environment::load()?).or(Environment::file(beside)?);

    // nothing is opened yet: each connection is when a query first needs it
    let db = Db::builder().environment(environment).build()?;
    db.on_query(show);
    db.install();
    println!("the default is `{}`", db.default_connection());

    println!("\nTables, each on the connection of its model");
    User::drop_table().await?;
    Order::drop_table().await?;
    tokio::try_join!(
        User::create_table().into_future(),
        Order::create_table().into_future(),
        Setting::create_table().into_future(),
    )?;

    println!("\nRows, written to three databases at the same time");
    let ada = User::create(new!(User { name: "Ada" })).await?;
    let totals = ["19.99", "0.01", "180.00"];
    let orders = totals
        .iter()
        .map(|total| Ok(new!(Order { user_id: ada.id, total: total.parse::<Decimal>()? })));
    let orders = orders.collect::<Result<Vec<_>, Box<dyn Error>>>()?;
    let settings =
        [("theme", "dark"), ("language", "en")].map(|(name, value)| new!(Setting { name, value }));
    let (_, orders, _) = tokio::try_join!(
        User::create(new!(User { name: "Grace" })).into_future(),
        Order::create_many(orders).into_future(),
        Setting::create_many(settings).into_future(),
    )?;

    println!("\nQuestions, asked at the same time");
    let (users, total, theme) = tokio::try_join!(
        User::query().order_by(|u| u.name.asc()).into_future(),
        Order::query().filter(|o| o.user_id.eq(ada.id)).sum(|o| o.total),
        Setting::find("theme").into_future(),
    )?;
    let names: Vec<&str> = users.iter().map(|user| user.name.as_str()).collect();
    println!("  users of `mysql`: {}", names.join(", "));
    println!("  {} orders of {} on `pg`: {}", orders.len(), ada.name, total.unwrap_or_default());
    println!("  theme on `sqlite`: {}", theme.map_or_else(String::new, |setting| setting.value));

    println!(
        "\nA transaction is of one connection; a write to another has to say that it is meant"
    );
    let refused = Db::transaction(async {
        Order::query().filter(|o| o.user_id.eq(ada.id)).count().await?;
        Setting::create(new!(Setting { name: "last_order", value: "now" })).await
    })
    .on("pg")
    .await;
    println!("  {}", refused.map_or_else(|error| error.to_string(), |_| "written".to_owned()));

    tokio::try_join!(User::drop_table().into_future(), Order::drop_table().into_future())?;
    db.close().await?;
    println!("\n{} statements on three connections", STATEMENTS.load(Ordering::Relaxed));
    Ok(())
}

static STATEMENTS: AtomicUsize = AtomicUsize::new(0);

/// Which connection served a statement.
fn show(event: &QueryEvent<'_>) {
    STATEMENTS.fetch_add(1, Ordering::Relaxed);
    let short: String = event.sql.split_whitespace().collect::<Vec<_>>().join(" ");
    let short: String = short.chars().take(90).collect();
    println!("  {:<6} {short}", event.connection);
}

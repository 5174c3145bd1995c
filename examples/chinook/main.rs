//! A real database, made by others: `cargo run --example chinook -- PATH`, or `… -- JSON CONNECTION`.
//!
//! PATH is `Chinook_Sqlite.sqlite` of the [Chinook database](https://github.com/lerocha/chinook-database),
//! a music store with 11 tables and 15,607 rows. It is opened for reading only. With `data/ChinookData.json`,
//! the same rows, and a connection of the environment (`pg`, `mysql`, `sqlite`, and `mongo` with the cargo
//! feature of that name), the tables that the questions are about are made there from the models, filled and
//! dropped in the end.
//!
//! Each question is asked twice, with models and in SQL written by hand; where there is no SQL, the second
//! answer is computed from the file, without a database. The answers are printed side by side and have to be
//! the same.

mod by_hand;
mod json;
mod load;
mod models;
mod sql;

use std::error::Error;
use std::fmt::Debug;
use std::process::ExitCode;

use eloquent::prelude::*;
use eloquent::{ConnectionConfig, Environment, Family, Result};

use by_hand::ByHand;
use models::{Album, Artist, Genre, Invoice, Playlist, PlaylistTrack, Track};
use sql::Sql;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match &arguments[..] {
        [path] => file(path).await,
        [json, connection] => server(json, connection).await,
        _ => {
            eprintln!(
                "usage: cargo run --example chinook -- PATH/Chinook_Sqlite.sqlite\n       \
                 cargo run --example chinook -- PATH/ChinookData.json CONNECTION"
            );
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// The file as it was made by others.
async fn file(path: &str) -> Result<(), Box<dyn Error>> {
    let chinook = ConnectionConfig::new("chinook", "sqlite").set("path", path).set("mode", "ro");
    let db = Db::builder().connection(chinook).build()?;
    db.install();
    questions(&ByHand::Sql(Sql::of_the_file())).await?;
    db.close().await?;
    Ok(())
}

/// The same data on a connection of the environment.
async fn server(json: &str, connection: &str) -> Result<(), Box<dyn Error>> {
    let environment = Environment::load()?;
    let db = Db::builder().environment(environment).default_connection(connection).build()?;
    db.install();
    let driver = db.connection(connection)?.driver();
    println!("Loading {json} into `{connection}`");
    let data = load::read(json)?;
    let rows = load::all(&data).await?;
    println!("  {rows} rows");
    let by_hand = match db.connection(connection)?.capabilities().await?.family {
        Family::Document => ByHand::Json(data),
        _ => ByHand::Sql(Sql::of(driver)),
    };
    let outcome = questions(&by_hand).await;
    load::drop_all().await?;
    db.close().await?;
    Ok(outcome?)
}

async fn questions(by_hand: &ByHand) -> Result<()> {
    artists(by_hand).await?;
    revenue(by_hand).await?;
    playlists(by_hand).await?;
    genres(by_hand).await?;
    tracks(by_hand).await?;
    println!("\nAll answers are the same.");
    Ok(())
}

#[derive(View, Debug, PartialEq)]
struct ArtistTracks {
    artist: Option<String>,
    tracks: i64,
}

async fn artists(second: &ByHand) -> Result<()> {
    let ours: Vec<ArtistTracks> = Track::query()
        .join::<Album, _>(|(t, al)| t.album_id.eq(al.album_id))
        .join::<Artist, _>(|(_, al, ar)| al.artist_id.eq(ar.artist_id))
        .group_by(|(_, _, ar)| (ar.artist_id, ar.name))
        .order_by(|(_, _, ar)| (count().desc(), ar.name.asc()))
        .limit(10)
        .select_as(|(_, _, ar)| (ar.name, count()))
        .await?;
    let by_hand: Vec<ArtistTracks> = second.artists().await?;
    compare("The ten artists with the most tracks", second, &ours, &by_hand, |row| {
        (text(&row.artist), row.tracks.to_string())
    });
    Ok(())
}

#[derive(View, Debug, PartialEq)]
struct CountryRevenue {
    country: Option<String>,
    revenue: Option<Decimal>,
}

/// The file keeps `Total` as a double: there Eloquent adds decimals, the SQL written by hand whole cents.
async fn revenue(second: &ByHand) -> Result<()> {
    let ours: Vec<CountryRevenue> = Invoice::query()
        .group_by(|i| i.billing_country)
        .order_by(|i| (i.total.sum().desc(), i.billing_country.asc()))
        .select_as(|i| (i.billing_country, i.total.sum()))
        .await?;
    let by_hand: Vec<CountryRevenue> = second.revenue().await?;
    compare("Revenue per country", second, &ours, &by_hand, |row| {
        (text(&row.country), row.revenue.map_or_else(String::new, |sum| format!("{sum:.2}")))
    });
    Ok(())
}

#[derive(View, Debug, PartialEq)]
struct PlaylistSize {
    id: i64,
    playlist: Option<String>,
    tracks: i64,
}

async fn playlists(second: &ByHand) -> Result<()> {
    let ours: Vec<PlaylistSize> = Playlist::query()
        .left_join::<PlaylistTrack, _>(|(p, pt)| pt.playlist_id.eq(p.playlist_id))
        .group_by(|(p, _)| (p.playlist_id, p.name))
        .order_by(|(p, _)| p.playlist_id.asc())
        .select_as(|(p, pt)| (p.playlist_id, p.name, pt.track_id.count()))
        .await?;
    let by_hand: Vec<PlaylistSize> = second.playlists().await?;
    compare("Tracks on each playlist", second, &ours, &by_hand, |row| {
        (format!("{:>2} {}", row.id, text(&row.playlist)), row.tracks.to_string())
    });
    let entry = PlaylistTrack::find((17, 1)).or_fail().await?;
    let track = Track::find(entry.track_id).or_fail().await?;
    println!("  the entry with the key (17, 1) is {}", track.name);
    Ok(())
}

#[derive(View, Debug, PartialEq)]
struct GenreLength {
    genre: Option<String>,
    tracks: i64,
    milliseconds: Option<f64>,
}

async fn genres(second: &ByHand) -> Result<()> {
    let ours: Vec<GenreLength> = Track::query()
        .join::<Genre, _>(|(t, g)| t.genre_id.eq(g.genre_id))
        .group_by(|(_, g)| (g.genre_id, g.name))
        .having(|_| count().gt(50))
        .order_by(|(t, _)| t.milliseconds.avg().desc())
        .select_as(|(t, g)| (g.name, count(), t.milliseconds.avg()))
        .await?;
    let by_hand: Vec<GenreLength> = second.genres().await?;
    compare(
        "Average length of a track, in genres of more than 50",
        second,
        &ours,
        &by_hand,
        |row| {
            let seconds = row.milliseconds.unwrap_or_default() / 1000.0;
            (format!("{} ({} tracks)", text(&row.genre), row.tracks), format!("{seconds:.3} s"))
        },
    );
    Ok(())
}

/// Walks all tracks by name; each page goes on behind the last row of the one before.
async fn tracks(second: &ByHand) -> Result<()> {
    let by_name = Track::query().order_by(|t| t.name.asc());
    let (mut keys, mut pages, mut next) = (Vec::new(), 0, None);
    loop {
        let page = by_name.clone().cursor_paginate(100, next.as_deref()).await?;
        keys.extend(page.items.iter().map(|track| track.track_id));
        pages += 1;
        next = page.next;
        if next.is_none() {
            break;
        }
    }
    let by_hand = second.tracks().await?;
    assert_eq!(keys, by_hand, "the pages and one query give different tracks");
    let counts = [(keys.len(), pages)];
    compare(
        "All tracks by name, in pages of 100",
        second,
        &counts,
        &[(by_hand.len(), by_hand.len().div_ceil(100))],
        |(rows, pages)| (format!("tracks on {pages} pages"), rows.to_string()),
    );
    Ok(())
}

/// Prints both answers, row by row, and insists that they are the same.
fn compare<T: Debug + PartialEq>(
    question: &str,
    second: &ByHand,
    ours: &[T],
    by_hand: &[T],
    cells: impl Fn(&T) -> (String, String),
) {
    println!("\n{question}\n  {:<40} {:>12} {:>12}", "", "Eloquent", second.name());
    for (ours, by_hand) in ours.iter().zip(by_hand) {
        let ((label, ours), (_, by_hand)) = (cells(ours), cells(by_hand));
        println!("  {label:<40} {ours:>12} {by_hand:>12}");
    }
    assert_eq!(ours, by_hand, "{question}: the answers differ");
}

fn text(value: &Option<String>) -> String {
    value.clone().unwrap_or_else(|| "(none)".to_owned())
}

//! A real database, made by others: `cargo run --example chinook -- PATH`.
//!
//! PATH is `Chinook_Sqlite.sqlite` of the [Chinook database](https://github.com/lerocha/chinook-database),
//! a music store with 11 tables and 15,607 rows. It is opened for reading only. Each question is asked
//! twice, with models and in SQL written by hand; the answers are printed side by side and have to be
//! the same.

use std::error::Error;
use std::fmt::Debug;
use std::process::ExitCode;

use eloquent::prelude::*;
use eloquent::{ConnectionConfig, Result};

#[derive(Model, Debug)]
#[model(table = "Artist", rename_all = "PascalCase")]
struct Artist {
    #[model(key)]
    artist_id: i64,
    name: Option<String>,
}

#[derive(Model, Debug)]
#[model(table = "Album", rename_all = "PascalCase")]
struct Album {
    #[model(key)]
    album_id: i64,
    title: String,
    artist_id: i64,
}

#[derive(Model, Debug)]
#[model(table = "Genre", rename_all = "PascalCase")]
struct Genre {
    #[model(key)]
    genre_id: i64,
    name: Option<String>,
}

#[derive(Model, Debug)]
#[model(table = "Track", rename_all = "PascalCase")]
struct Track {
    #[model(key)]
    track_id: i64,
    #[model(length = 200)]
    name: String,
    album_id: Option<i64>,
    genre_id: Option<i64>,
    composer: Option<String>,
    milliseconds: i64,
    bytes: Option<i64>,
    #[model(decimal(10, 2))]
    unit_price: Decimal,
}

#[derive(Model, Debug)]
#[model(table = "Invoice", rename_all = "PascalCase")]
struct Invoice {
    #[model(key)]
    invoice_id: i64,
    customer_id: i64,
    invoice_date: DateTime<Utc>,
    billing_country: Option<String>,
    #[model(decimal(10, 2))]
    total: Decimal,
}

#[derive(Model, Debug)]
#[model(table = "Playlist", rename_all = "PascalCase")]
struct Playlist {
    #[model(key)]
    playlist_id: i64,
    name: Option<String>,
}

/// Which track is on which playlist: both columns are the key.
#[derive(Model, Debug)]
#[model(table = "PlaylistTrack", rename_all = "PascalCase")]
struct PlaylistTrack {
    #[model(key)]
    playlist_id: i64,
    #[model(key)]
    track_id: i64,
}

#[tokio::main]
async fn main() -> ExitCode {
    let Some(path) = std::env::args().nth(1) else {
        eprintln!("usage: cargo run --example chinook -- PATH/Chinook_Sqlite.sqlite");
        return ExitCode::from(2);
    };
    match run(&path).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(path: &str) -> Result<(), Box<dyn Error>> {
    let chinook = ConnectionConfig::new("chinook", "sqlite").set("path", path).set("mode", "ro");
    let db = Db::builder().connection(chinook).build()?;
    db.install();
    artists().await?;
    revenue().await?;
    playlists().await?;
    genres().await?;
    tracks().await?;
    db.close().await?;
    println!("\nAll answers are the same.");
    Ok(())
}

#[derive(View, Debug, PartialEq)]
struct ArtistTracks {
    artist: Option<String>,
    tracks: i64,
}

async fn artists() -> Result<()> {
    let ours: Vec<ArtistTracks> = Track::query()
        .join::<Album, _>(|(t, al)| t.album_id.eq(al.album_id))
        .join::<Artist, _>(|(_, al, ar)| al.artist_id.eq(ar.artist_id))
        .group_by(|(_, _, ar)| (ar.artist_id, ar.name))
        .order_by(|(_, _, ar)| (count().desc(), ar.name.asc()))
        .limit(10)
        .select_as(|(_, _, ar)| (ar.name, count()))
        .await?;
    let by_hand: Vec<ArtistTracks> = Db::raw(
        "SELECT ar.Name AS artist, COUNT(*) AS tracks
         FROM Track t JOIN Album al ON al.AlbumId = t.AlbumId JOIN Artist ar ON ar.ArtistId = al.ArtistId
         GROUP BY ar.ArtistId ORDER BY tracks DESC, artist LIMIT 10",
    )
    .fetch()
    .await?;
    compare("The ten artists with the most tracks", &ours, &by_hand, |row| {
        (text(&row.artist), row.tracks.to_string())
    });
    Ok(())
}

#[derive(View, Debug, PartialEq)]
struct CountryRevenue {
    country: Option<String>,
    revenue: Option<Decimal>,
}

/// The file keeps `Total` as a double. Eloquent adds decimals, the hand-written SQL whole cents.
async fn revenue() -> Result<()> {
    let ours: Vec<CountryRevenue> = Invoice::query()
        .group_by(|i| i.billing_country)
        .order_by(|i| (i.total.sum().desc(), i.billing_country.asc()))
        .select_as(|i| (i.billing_country, i.total.sum()))
        .await?;
    let by_hand: Vec<CountryRevenue> = Db::raw(
        "SELECT country, printf('%d.%02d', cents / 100, cents % 100) AS revenue
         FROM (SELECT BillingCountry AS country, SUM(CAST(ROUND(Total * 100) AS INTEGER)) AS cents
               FROM Invoice GROUP BY BillingCountry)
         ORDER BY cents DESC, country",
    )
    .fetch()
    .await?;
    compare("Revenue per country", &ours, &by_hand, |row| {
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

async fn playlists() -> Result<()> {
    let ours: Vec<PlaylistSize> = Playlist::query()
        .left_join::<PlaylistTrack, _>(|(p, pt)| pt.playlist_id.eq(p.playlist_id))
        .group_by(|(p, _)| (p.playlist_id, p.name))
        .order_by(|(p, _)| p.playlist_id.asc())
        .select_as(|(p, pt)| (p.playlist_id, p.name, pt.track_id.count()))
        .await?;
    let by_hand: Vec<PlaylistSize> = Db::raw(
        "SELECT p.PlaylistId AS id, p.Name AS playlist,
                (SELECT COUNT(*) FROM PlaylistTrack pt WHERE pt.PlaylistId = p.PlaylistId) AS tracks
         FROM Playlist p ORDER BY p.PlaylistId",
    )
    .fetch()
    .await?;
    compare("Tracks on each playlist", &ours, &by_hand, |row| {
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

async fn genres() -> Result<()> {
    let ours: Vec<GenreLength> = Track::query()
        .join::<Genre, _>(|(t, g)| t.genre_id.eq(g.genre_id))
        .group_by(|(_, g)| (g.genre_id, g.name))
        .having(|_| count().gt(50))
        .order_by(|(t, _)| t.milliseconds.avg().desc())
        .select_as(|(t, g)| (g.name, count(), t.milliseconds.avg()))
        .await?;
    let by_hand: Vec<GenreLength> = Db::raw(
        "SELECT g.Name AS genre, COUNT(*) AS tracks, AVG(t.Milliseconds) AS milliseconds
         FROM Track t JOIN Genre g ON g.GenreId = t.GenreId
         GROUP BY g.GenreId HAVING COUNT(*) > ? ORDER BY milliseconds DESC",
    )
    .bind(50)
    .fetch()
    .await?;
    compare("Average length of a track, in genres of more than 50", &ours, &by_hand, |row| {
        let seconds = row.milliseconds.unwrap_or_default() / 1000.0;
        (format!("{} ({} tracks)", text(&row.genre), row.tracks), format!("{seconds:.3} s"))
    });
    Ok(())
}

/// Walks all tracks by name; each page goes on behind the last row of the one before.
async fn tracks() -> Result<()> {
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
    let rows = Db::raw("SELECT TrackId FROM Track ORDER BY Name, TrackId").rows().await?;
    let by_hand = rows.iter().map(|row| row.read("TrackId")).collect::<Result<Vec<i64>>>()?;
    assert_eq!(keys, by_hand, "the pages and one query give different tracks");
    let counts = [(keys.len(), pages)];
    compare(
        "All tracks by name, in pages of 100",
        &counts,
        &[(by_hand.len(), by_hand.len().div_ceil(100))],
        |(rows, pages)| (format!("tracks on {pages} pages"), rows.to_string()),
    );
    Ok(())
}

/// Prints both answers, row by row, and insists that they are the same.
fn compare<T: Debug + PartialEq>(
    question: &str,
    ours: &[T],
    by_hand: &[T],
    cells: impl Fn(&T) -> (String, String),
) {
    println!("\n{question}\n  {:<40} {:>12} {:>12}", "", "Eloquent", "SQL");
    for (ours, by_hand) in ours.iter().zip(by_hand) {
        let ((label, ours), (_, by_hand)) = (cells(ours), cells(by_hand));
        println!("  {label:<40} {ours:>12} {by_hand:>12}");
    }
    assert_eq!(ours, by_hand, "{question}: the answers differ");
}

fn text(value: &Option<String>) -> String {
    value.clone().unwrap_or_else(|| "(none)".to_owned())
}

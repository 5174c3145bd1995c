//! Filling the tables from `ChinookData.json`.

use std::error::Error;

use eloquent::prelude::*;
use serde_json::Value;

use crate::models::{Album, Artist, Genre, Invoice, Playlist, PlaylistTrack, Track};

pub(crate) type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The file.
pub(crate) fn read(path: &str) -> Result<Value> {
    Ok(serde_json::from_str(&std::fs::read_to_string(path)?)?)
}

/// Makes the tables, fills them in one transaction and gives the number of rows.
pub(crate) async fn all(data: &Value) -> Result<usize> {
    drop_all().await?;
    Artist::create_table().await?;
    Album::create_table().await?;
    Genre::create_table().await?;
    Track::create_table().await?;
    Invoice::create_table().await?;
    Playlist::create_table().await?;
    PlaylistTrack::create_table().await?;

    let artists = rows(data, "Artist", |r| {
        Ok(new!(Artist { artist_id: r.integer("ArtistId")?, name: r.text("Name") }))
    })?;
    let albums = rows(data, "Album", |r| {
        let (album_id, artist_id) = (r.integer("AlbumId")?, r.integer("ArtistId")?);
        Ok(new!(Album { album_id, title: r.text("Title").unwrap_or_default(), artist_id }))
    })?;
    let genres = rows(data, "Genre", |r| {
        Ok(new!(Genre { genre_id: r.integer("GenreId")?, name: r.text("Name") }))
    })?;
    let tracks = rows(data, "Track", |r| {
        Ok(new!(Track {
            track_id: r.integer("TrackId")?,
            name: r.text("Name").unwrap_or_default(),
            album_id: r.integer("AlbumId").ok(),
            genre_id: r.integer("GenreId").ok(),
            composer: r.text("Composer"),
            milliseconds: r.integer("Milliseconds")?,
            bytes: r.integer("Bytes").ok(),
            unit_price: r.decimal("UnitPrice")?,
        }))
    })?;
    let invoices = rows(data, "Invoice", |r| {
        Ok(new!(Invoice {
            invoice_id: r.integer("InvoiceId")?,
            billing_country: r.text("BillingCountry"),
            total: r.decimal("Total")?,
        }))
    })?;
    let playlists = rows(data, "Playlist", |r| {
        Ok(new!(Playlist { playlist_id: r.integer("PlaylistId")?, name: r.text("Name") }))
    })?;
    let entries = rows(data, "PlaylistTrack", |r| {
        let (playlist_id, track_id) = (r.integer("PlaylistId")?, r.integer("TrackId")?);
        Ok(new!(PlaylistTrack { playlist_id, track_id }))
    })?;
    let loaded = Db::transaction(async {
        Ok(Artist::insert_many(artists).await?.len()
            + Album::insert_many(albums).await?.len()
            + Genre::insert_many(genres).await?.len()
            + Track::insert_many(tracks).await?.len()
            + Invoice::insert_many(invoices).await?.len()
            + Playlist::insert_many(playlists).await?.len()
            + PlaylistTrack::insert_many(entries).await?.len())
    });
    Ok(loaded.await?)
}

pub(crate) async fn drop_all() -> eloquent::Result<()> {
    PlaylistTrack::drop_table().await?;
    Playlist::drop_table().await?;
    Invoice::drop_table().await?;
    Track::drop_table().await?;
    Genre::drop_table().await?;
    Album::drop_table().await?;
    Artist::drop_table().await
}

/// An object of the file.
pub(crate) struct Record<'d>(&'d Value);

impl Record<'_> {
    pub(crate) fn integer(&self, field: &str) -> Result<i64> {
        self.0[field].as_i64().ok_or_else(|| format!("`{field}` is not an integer").into())
    }

    pub(crate) fn text(&self, field: &str) -> Option<String> {
        self.0[field].as_str().map(str::to_owned)
    }

    /// From the digits of the file: no amount takes the way over a double.
    pub(crate) fn decimal(&self, field: &str) -> Result<Decimal> {
        Ok(self.0[field].to_string().parse()?)
    }
}

/// What is made of each object of a table.
pub(crate) fn rows<T>(
    data: &Value,
    table: &str,
    row: impl Fn(Record<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    let rows = data[table].as_array().ok_or_else(|| format!("the file has no `{table}`"))?;
    rows.iter().map(|value| row(Record(value))).collect()
}

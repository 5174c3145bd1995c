//! The answers from the file alone, in plain Rust.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use eloquent::value::Decimal;
use serde_json::Value;

use crate::load::{Result, rows};
use crate::{ArtistTracks, CountryRevenue, GenreLength, PlaylistSize};

/// The names of a table by their keys.
fn names(data: &Value, table: &str, key: &str) -> Result<HashMap<i64, Option<String>>> {
    Ok(rows(data, table, |r| Ok((r.integer(key)?, r.text("Name"))))?.into_iter().collect())
}

pub(crate) fn artists(data: &Value) -> Result<Vec<ArtistTracks>> {
    let names = names(data, "Artist", "ArtistId")?;
    let albums = rows(data, "Album", |r| Ok((r.integer("AlbumId")?, r.integer("ArtistId")?)))?;
    let albums: HashMap<i64, i64> = albums.into_iter().collect();
    let mut counts: HashMap<i64, i64> = HashMap::new();
    for album in rows(data, "Track", |r| Ok(r.integer("AlbumId").ok()))?.into_iter().flatten() {
        if let Some(artist) = albums.get(&album) {
            *counts.entry(*artist).or_default() += 1;
        }
    }
    let all = counts.into_iter().map(|(artist, tracks)| ArtistTracks {
        artist: names.get(&artist).cloned().flatten(),
        tracks,
    });
    let mut all: Vec<_> = all.collect();
    all.sort_by(|a, b| (b.tracks, &a.artist).cmp(&(a.tracks, &b.artist)));
    all.truncate(10);
    Ok(all)
}

pub(crate) fn revenue(data: &Value) -> Result<Vec<CountryRevenue>> {
    let mut sums: BTreeMap<Option<String>, Decimal> = BTreeMap::new();
    for (country, total) in
        rows(data, "Invoice", |r| Ok((r.text("BillingCountry"), r.decimal("Total")?)))?
    {
        *sums.entry(country).or_default() += total;
    }
    let all = sums.into_iter();
    let all = all.map(|(country, sum)| CountryRevenue { country, revenue: Some(sum) });
    let mut all: Vec<_> = all.collect();
    // stable, so that equal sums stay in the order of their countries
    all.sort_by_key(|row| Reverse(row.revenue));
    Ok(all)
}

pub(crate) fn playlists(data: &Value) -> Result<Vec<PlaylistSize>> {
    let mut sizes: HashMap<i64, i64> = HashMap::new();
    for playlist in rows(data, "PlaylistTrack", |r| r.integer("PlaylistId"))? {
        *sizes.entry(playlist).or_default() += 1;
    }
    let mut all = rows(data, "Playlist", |r| {
        let id = r.integer("PlaylistId")?;
        let tracks = sizes.get(&id).copied().unwrap_or_default();
        Ok(PlaylistSize { id, playlist: r.text("Name"), tracks })
    })?;
    all.sort_by_key(|row| row.id);
    Ok(all)
}

pub(crate) fn genres(data: &Value) -> Result<Vec<GenreLength>> {
    let names = names(data, "Genre", "GenreId")?;
    let mut lengths: HashMap<i64, (i64, i64)> = HashMap::new();
    for (genre, length) in
        rows(data, "Track", |r| Ok((r.integer("GenreId").ok(), r.integer("Milliseconds")?)))?
    {
        let Some(genre) = genre.filter(|genre| names.contains_key(genre)) else { continue };
        let (tracks, sum) = lengths.entry(genre).or_default();
        *tracks += 1;
        *sum += length;
    }
    let all = lengths.into_iter().filter(|(_, (tracks, _))| *tracks > 50);
    let all = all.map(|(genre, (tracks, sum))| GenreLength {
        genre: names.get(&genre).cloned().flatten(),
        tracks,
        milliseconds: Some(sum as f64 / tracks as f64),
    });
    let mut all: Vec<_> = all.collect();
    all.sort_by(|a, b| b.milliseconds.unwrap_or(0.0).total_cmp(&a.milliseconds.unwrap_or(0.0)));
    Ok(all)
}

pub(crate) fn tracks(data: &Value) -> Result<Vec<i64>> {
    let named = |r: crate::load::Record<'_>| Ok((r.text("Name"), r.integer("TrackId")?));
    let mut all = rows(data, "Track", named)?;
    all.sort();
    Ok(all.into_iter().map(|(_, id)| id).collect())
}

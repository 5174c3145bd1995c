//! Who answers the questions a second time.

use eloquent::{Error, Result};
use serde_json::Value;

use crate::sql::Sql;
use crate::{ArtistTracks, CountryRevenue, GenreLength, PlaylistSize, json};

pub(crate) enum ByHand {
    /// The database, in its own words.
    Sql(Sql),
    /// The file.
    Json(Value),
}

impl ByHand {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            ByHand::Sql(_) => "SQL",
            ByHand::Json(_) => "JSON",
        }
    }

    pub(crate) async fn artists(&self) -> Result<Vec<ArtistTracks>> {
        match self {
            ByHand::Sql(sql) => sql.artists().fetch().await,
            ByHand::Json(data) => json::artists(data).map_err(wrong),
        }
    }

    pub(crate) async fn revenue(&self) -> Result<Vec<CountryRevenue>> {
        match self {
            ByHand::Sql(sql) => sql.revenue().fetch().await,
            ByHand::Json(data) => json::revenue(data).map_err(wrong),
        }
    }

    pub(crate) async fn playlists(&self) -> Result<Vec<PlaylistSize>> {
        match self {
            ByHand::Sql(sql) => sql.playlists().fetch().await,
            ByHand::Json(data) => json::playlists(data).map_err(wrong),
        }
    }

    pub(crate) async fn genres(&self) -> Result<Vec<GenreLength>> {
        match self {
            ByHand::Sql(sql) => sql.genres().fetch().await,
            ByHand::Json(data) => json::genres(data).map_err(wrong),
        }
    }

    pub(crate) async fn tracks(&self) -> Result<Vec<i64>> {
        match self {
            ByHand::Sql(sql) => {
                let rows = sql.tracks().rows().await?;
                rows.iter().map(|row| row.read("TrackId")).collect()
            }
            ByHand::Json(data) => json::tracks(data).map_err(wrong),
        }
    }
}

fn wrong(fault: Box<dyn std::error::Error>) -> Error {
    Error::invalid(format!("the file is not as expected: {fault}"))
}

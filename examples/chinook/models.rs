//! The tables that the questions are about.

use eloquent::prelude::*;

#[derive(Model, Debug)]
#[model(portable, table = "Artist", rename_all = "PascalCase")]
pub(crate) struct Artist {
    #[model(key, auto = false)]
    pub(crate) artist_id: i64,
    pub(crate) name: Option<String>,
}

#[derive(Model, Debug)]
#[model(portable, table = "Album", rename_all = "PascalCase")]
pub(crate) struct Album {
    #[model(key, auto = false)]
    pub(crate) album_id: i64,
    pub(crate) title: String,
    pub(crate) artist_id: i64,
}

#[derive(Model, Debug)]
#[model(portable, table = "Genre", rename_all = "PascalCase")]
pub(crate) struct Genre {
    #[model(key, auto = false)]
    pub(crate) genre_id: i64,
    pub(crate) name: Option<String>,
}

#[derive(Model, Debug)]
#[model(portable, table = "Track", rename_all = "PascalCase")]
pub(crate) struct Track {
    #[model(key, auto = false)]
    pub(crate) track_id: i64,
    #[model(length = 200)]
    pub(crate) name: String,
    pub(crate) album_id: Option<i64>,
    pub(crate) genre_id: Option<i64>,
    pub(crate) composer: Option<String>,
    pub(crate) milliseconds: i64,
    pub(crate) bytes: Option<i64>,
    #[model(decimal(10, 2))]
    pub(crate) unit_price: Decimal,
}

#[derive(Model, Debug)]
#[model(portable, table = "Invoice", rename_all = "PascalCase")]
pub(crate) struct Invoice {
    #[model(key, auto = false)]
    pub(crate) invoice_id: i64,
    pub(crate) billing_country: Option<String>,
    #[model(decimal(10, 2))]
    pub(crate) total: Decimal,
}

#[derive(Model, Debug)]
#[model(portable, table = "Playlist", rename_all = "PascalCase")]
pub(crate) struct Playlist {
    #[model(key, auto = false)]
    pub(crate) playlist_id: i64,
    pub(crate) name: Option<String>,
}

/// Which track is on which playlist: both columns are the key.
#[derive(Model, Debug)]
#[model(portable, table = "PlaylistTrack", rename_all = "PascalCase")]
pub(crate) struct PlaylistTrack {
    #[model(key)]
    pub(crate) playlist_id: i64,
    #[model(key)]
    pub(crate) track_id: i64,
}

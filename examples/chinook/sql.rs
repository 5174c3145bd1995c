//! The questions in SQL written by hand, as each database spells it.

use eloquent::query::RawQuery;
use eloquent::{Db, RawSql};

pub(crate) struct Sql {
    quote: &'static str,
    revenue: &'static str,
    average: &'static str,
}

/// Exact decimals are added as they are.
const REVENUE: &str =
    "SELECT \"BillingCountry\" AS country, SUM(\"Total\") AS revenue FROM \"Invoice\"
    GROUP BY \"BillingCountry\" ORDER BY revenue DESC, country";
/// Doubles are made whole cents first.
const REVENUE_OF_DOUBLES: &str =
    "SELECT country, printf('%d.%02d', cents / 100, cents % 100) AS revenue
     FROM (SELECT BillingCountry AS country, SUM(CAST(ROUND(Total * 100) AS INTEGER)) AS cents
           FROM Invoice GROUP BY BillingCountry)
     ORDER BY cents DESC, country";

impl Sql {
    /// For the file, which keeps money as doubles.
    pub(crate) fn of_the_file() -> Self {
        Sql::of("sqlite")
    }

    pub(crate) fn of(driver: &str) -> Self {
        match driver {
            "mysql" => {
                Sql { quote: "`", revenue: REVENUE, average: "AVG(t.\"Milliseconds\" + 0e0)" }
            }
            "pg" => Sql {
                quote: "\"",
                revenue: REVENUE,
                average: "CAST(AVG(t.\"Milliseconds\") AS DOUBLE PRECISION)",
            },
            _ => {
                Sql { quote: "\"", revenue: REVENUE_OF_DOUBLES, average: "AVG(t.\"Milliseconds\")" }
            }
        }
    }

    fn raw(&self, sql: &str) -> RawQuery {
        Db::raw(RawSql::trusted(sql.replace('"', self.quote)))
    }

    pub(crate) fn artists(&self) -> RawQuery {
        self.raw(
            "SELECT ar.\"Name\" AS artist, COUNT(*) AS tracks
             FROM \"Track\" t JOIN \"Album\" al ON al.\"AlbumId\" = t.\"AlbumId\"
             JOIN \"Artist\" ar ON ar.\"ArtistId\" = al.\"ArtistId\"
             GROUP BY ar.\"ArtistId\", ar.\"Name\" ORDER BY tracks DESC, artist LIMIT 10",
        )
    }

    pub(crate) fn revenue(&self) -> RawQuery {
        self.raw(self.revenue)
    }

    pub(crate) fn playlists(&self) -> RawQuery {
        self.raw(
            "SELECT p.\"PlaylistId\" AS id, p.\"Name\" AS playlist,
                    (SELECT COUNT(*) FROM \"PlaylistTrack\" pt WHERE pt.\"PlaylistId\" = p.\"PlaylistId\")
                    AS tracks
             FROM \"Playlist\" p ORDER BY p.\"PlaylistId\"",
        )
    }

    pub(crate) fn genres(&self) -> RawQuery {
        let average = self.average;
        self.raw(&format!(
            "SELECT g.\"Name\" AS genre, COUNT(*) AS tracks, {average} AS milliseconds
             FROM \"Track\" t JOIN \"Genre\" g ON g.\"GenreId\" = t.\"GenreId\"
             GROUP BY g.\"GenreId\", g.\"Name\" HAVING COUNT(*) > ? ORDER BY milliseconds DESC"
        ))
        .bind(50)
    }

    pub(crate) fn tracks(&self) -> RawQuery {
        self.raw("SELECT \"TrackId\" FROM \"Track\" ORDER BY \"Name\", \"TrackId\"")
    }
}

//! All rows in chunks.

use eloquent::ErrorKind;
use eloquent::prelude::*;

use super::Orm;
use super::models::{Item, Seat, empty, items};
use crate::case::{Outcome, cases};

cases![Orm:
    every_row_is_seen_once, rows_may_change_meanwhile, keys_of_two_columns, chunks_that_cannot_be,
];

async fn every_row_is_seen_once(_: Orm) -> Outcome {
    items(-7..18).await?;
    for size in [1, 4, 5, 25, 26, 1_000] {
        let mut chunks = Item::query().chunk(size)?;
        let mut seen = Vec::new();
        while let Some(chunk) = chunks.next().await? {
            assert!(!chunk.is_empty() && chunk.len() as u64 <= size);
            seen.extend(chunk.into_iter().map(|item| item.id));
        }
        assert!(seen.into_iter().eq(-7..18), "{size}");
        assert_eq!(chunks.next().await?, None, "it stays at its end");
    }
    let mut some = Item::query().filter(|i| i.rank.eq(1)).chunk(3)?;
    let mut count = 0;
    while let Some(chunk) = some.next().await? {
        count += chunk.len();
    }
    assert_eq!(count, 8);
    Ok(())
}

/// What is removed or moved out of the filter passes nobody over.
async fn rows_may_change_meanwhile(_: Orm) -> Outcome {
    items(0..30).await?;
    let mut chunks = Item::query().filter(|i| i.label.starts_with("item")).chunk(4)?;
    let mut seen = Vec::new();
    while let Some(chunk) = chunks.next().await? {
        for (n, mut item) in chunk.into_iter().enumerate() {
            seen.push(item.id);
            if n % 2 == 0 {
                item.delete().await?;
            } else {
                item.update(|i| i.label = "done".into()).await?;
            }
        }
    }
    assert!(seen.into_iter().eq(0..30));
    Ok(())
}

async fn keys_of_two_columns(_: Orm) -> Outcome {
    empty::<Seat>().await?;
    let keys = (0..5).flat_map(|line| ["a", "b", "c"].map(|place| (line, place)));
    let keys: Vec<(i64, &str)> = keys.collect();
    Seat::insert_many(
        keys.iter().rev().map(|(line, place)| new!(Seat { line: *line, place: *place })),
    )
    .await?;
    let mut chunks = Seat::query().chunk(2)?;
    let mut seen = Vec::new();
    while let Some(chunk) = chunks.next().await? {
        seen.extend(chunk.into_iter().map(|seat| (seat.line, seat.place)));
    }
    assert!(seen.iter().map(|(line, place)| (*line, place.as_str())).eq(keys));
    Ok(())
}

async fn chunks_that_cannot_be(_: Orm) -> Outcome {
    let queries = [
        (Item::query(), 0),
        (Item::query().limit(5), 1),
        (Item::query().offset(5), 1),
        (Item::query().order_by(|i| i.rank.asc()), 1),
        (Item::query().group_by(|i| i.rank), 1),
    ];
    for (query, size) in queries {
        let error = query.chunk(size).unwrap_err();
        assert_eq!(
            (error.kind(), error.model()),
            (ErrorKind::InvalidInput, Some("Item")),
            "{error}"
        );
    }
    Ok(())
}

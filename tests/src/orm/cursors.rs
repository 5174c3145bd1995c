//! Pages behind a row.

use eloquent::ErrorKind;
use eloquent::prelude::*;

use super::Orm;
use super::models::{Item, Person, items, people};
use crate::case::{Outcome, cases};

cases![Orm:
    every_row_is_seen_once, ties_and_nulls, rows_that_come_and_go, orders_of_other_types,
    cursors_are_checked, pages_that_cannot_be,
];

/// The numbers of all pages, in their order.
async fn walk(query: Query<Item>, per_page: u64) -> eloquent::Result<Vec<i64>> {
    let (mut seen, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let page = query.clone().cursor_paginate(per_page, cursor.as_deref()).await?;
        assert!(page.items.len() as u64 <= per_page);
        seen.extend(page.items.iter().map(|item| item.id));
        match page.next {
            Some(next) => cursor = Some(next),
            None => return Ok(seen),
        }
    }
}

async fn every_row_is_seen_once(_: Orm) -> Outcome {
    items(-10..10).await?;
    for per_page in [1, 3, 7, 20, 21, 1_000] {
        assert!(walk(Item::query(), per_page).await?.into_iter().eq(-10..10), "{per_page}");
        let down = Item::query().order_by(|i| i.id.desc());
        assert!(walk(down, per_page).await?.into_iter().eq((-10..10).rev()), "{per_page}");
    }
    items([]).await?;
    assert_eq!(walk(Item::query(), 5).await?, [0; 0]);
    Ok(())
}

/// Between equal ranks the key decides, and null comes before every value.
async fn ties_and_nulls(_: Orm) -> Outcome {
    items(0..12).await?;
    let up = Item::query().order_by(|i| i.rank.asc());
    let expected = up.clone().order_by(|i| i.id.asc()).pluck(|i| i.id).await?;
    assert_eq!(expected, [2, 5, 8, 11, 0, 3, 6, 9, 1, 4, 7, 10]);
    let down = Item::query().order_by(|i| i.rank.desc());
    let down_expected = down.clone().order_by(|i| i.id.desc()).pluck(|i| i.id).await?;
    let mixed = Item::query().order_by(|i| (i.rank.desc(), i.id.asc()));
    let mixed_expected = mixed.clone().pluck(|i| i.id).await?;
    for per_page in 1..=13 {
        assert_eq!(walk(up.clone(), per_page).await?, expected, "{per_page}");
        assert_eq!(walk(down.clone(), per_page).await?, down_expected, "{per_page}");
        assert_eq!(walk(mixed.clone(), per_page).await?, mixed_expected, "{per_page}");
    }
    Ok(())
}

async fn rows_that_come_and_go(_: Orm) -> Outcome {
    items(0..10).await?;
    let first = Item::query().cursor_paginate(4, None).await?;
    // the row at which the cursor stands, one before it, and a new one before it
    Item::query().filter(|i| i.id.is_in([3, 1])).delete().await?;
    Item::create(new!(Item { id: -5, label: "new" })).await?;
    let second = Item::query().cursor_paginate(4, first.next.as_deref()).await?;
    assert_eq!(second.items.iter().map(|item| item.id).collect::<Vec<_>>(), [4, 5, 6, 7]);
    Ok(())
}

async fn orders_of_other_types(_: Orm) -> Outcome {
    people().await?;
    macro_rules! walks {
        ($($column:ident)+) => {$(
            let query = Person::query().order_by(|p| p.$column.asc());
            let (mut seen, mut cursor) = (Vec::new(), None::<String>);
            loop {
                let page = query.clone().cursor_paginate(1, cursor.as_deref()).await?;
                seen.extend(page.items.into_iter().map(|person| person.name));
                let Some(next) = page.next else { break };
                cursor = Some(next);
            }
            let expected = query.order_by(|p| p.id.asc()).pluck(|p| p.name).await?;
            assert_eq!(seen, expected, stringify!($column));
        )+};
    }
    walks!(id email name age nick active balance born created_at updated_at);
    Ok(())
}

async fn cursors_are_checked(_: Orm) -> Outcome {
    items(0..10).await?;
    people().await?;
    let cursor = Item::query().cursor_paginate(3, None).await?.next.expect("a further page");
    assert!(
        cursor.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'),
        "fit for a URL"
    );
    let mut changed = cursor.clone().into_bytes();
    let middle = changed.len() / 2;
    changed[middle] = if changed[middle] == b'A' { b'B' } else { b'A' };
    let changed = String::from_utf8(changed).expect("text");
    let wrong =
        [changed.as_str(), &cursor[1..], &cursor[..cursor.len() - 1], "", "x", "\0", "%27", "ü"];
    for cursor in wrong {
        let error = Item::query().cursor_paginate(3, Some(cursor)).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.model()),
            (ErrorKind::InvalidInput, Some("Item")),
            "{cursor:?}"
        );
    }
    // of another order, and of another model
    let other = Item::query().order_by(|i| i.label.asc());
    assert!(other.cursor_paginate(3, Some(&cursor)).await.is_err());
    let other = Item::query().order_by(|i| i.id.desc());
    assert!(other.cursor_paginate(3, Some(&cursor)).await.is_err());
    assert!(Person::query().cursor_paginate(3, Some(&cursor)).await.is_err());
    Ok(())
}

async fn pages_that_cannot_be(_: Orm) -> Outcome {
    items(0..3).await?;
    let queries = [
        (Item::query(), 0),
        (Item::query(), u64::MAX),
        (Item::query().limit(1), 1),
        (Item::query().offset(1), 1),
        (Item::query().order_by(|i| (i.id + 1).asc()), 1),
    ];
    for (query, per_page) in queries {
        let error = query.cursor_paginate(per_page, None).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    }
    Ok(())
}

//! Pages by number.

use eloquent::ErrorKind;
use eloquent::prelude::*;

use super::Orm;
use super::models::{Item, items};
use crate::case::{Outcome, cases};

cases![Orm:
    every_row_is_on_one_page, pages_without_a_total, pages_behind_the_last, no_rows_are_one_page,
    pages_that_cannot_be,
];

fn by_id() -> Query<Item> {
    Item::query().order_by(|i| i.id.asc())
}

async fn every_row_is_on_one_page(_: Orm) -> Outcome {
    items(0..25).await?;
    let mut seen = Vec::new();
    for number in 1..=3 {
        let page = by_id().paginate(number, 10).await?;
        assert_eq!((page.page, page.per_page, page.total, page.last_page()), (number, 10, 25, 3));
        assert_eq!(page.has_more(), number < 3);
        seen.extend(page.items.into_iter().map(|item| item.id));
    }
    assert!(seen.into_iter().eq(0..25));
    let filtered = by_id().filter(|i| i.rank.eq(1)).paginate(2, 5).await?;
    assert_eq!((filtered.total, filtered.items.len()), (8, 3));
    Ok(())
}

async fn pages_without_a_total(_: Orm) -> Outcome {
    items(0..20).await?;
    for (number, count, has_more) in [(1, 10, true), (2, 10, false), (3, 0, false)] {
        let page = by_id().simple_paginate(number, 10).await?;
        assert_eq!((page.items.len(), page.has_more, page.page), (count, has_more, number));
    }
    Ok(())
}

async fn pages_behind_the_last(_: Orm) -> Outcome {
    items(0..3).await?;
    let page = by_id().paginate(9, 2).await?;
    assert_eq!((page.items.len(), page.total, page.last_page()), (0, 3, 2));
    assert!(!page.has_more());
    Ok(())
}

async fn no_rows_are_one_page(_: Orm) -> Outcome {
    items([]).await?;
    let page = by_id().paginate(1, 2).await?;
    assert_eq!((page.items.len(), page.total, page.last_page()), (0, 0, 1));
    Ok(())
}

async fn pages_that_cannot_be(_: Orm) -> Outcome {
    items(0..3).await?;
    let most = u64::MAX;
    for (page, per_page) in [(0, 10), (1, 0), (most, 10), (2, most), (1, most), (1 << 40, 1 << 40)]
    {
        let error = by_id().paginate(page, per_page).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{page}, {per_page}: {error}");
        let error = by_id().simple_paginate(page, per_page).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{page}, {per_page}: {error}");
    }
    for query in [by_id().limit(1), by_id().offset(1)] {
        let error = query.paginate(1, 1).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.model()),
            (ErrorKind::InvalidInput, Some("Item")),
            "{error}"
        );
    }
    Ok(())
}

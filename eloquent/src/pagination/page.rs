//! Pages by number.

use eloquent_core::{Error, Result};

use crate::database::at_target;
use crate::model::Model;
use crate::query::Query;

/// A page of rows, with the number of all.
///
/// ```no_run
/// # use eloquent::prelude::*;
/// # #[derive(Model, Debug)] struct User { id: i64, name: String, age: i64 }
/// # async fn example() -> eloquent::Result<()> {
/// let page = User::query().order_by(|u| u.id.asc()).paginate(1, 20).await?;
/// println!("page {} of {}, {} users", page.page, page.last_page(), page.total);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Page<T> {
    /// The rows of this page.
    pub items: Vec<T>,
    /// Its number, from 1.
    pub page: u64,
    /// How many rows a page holds.
    pub per_page: u64,
    /// How many rows there are on all pages.
    pub total: u64,
}

impl<T> Page<T> {
    /// The number of the last page; 1 when there are no rows.
    pub fn last_page(&self) -> u64 {
        self.total.div_ceil(self.per_page).max(1)
    }

    /// Whether there is a page after this one.
    pub fn has_more(&self) -> bool {
        self.page < self.last_page()
    }
}

/// A page of rows, without the number of all: one query less.
///
/// ```no_run
/// # use eloquent::prelude::*;
/// # #[derive(Model, Debug)] struct User { id: i64, name: String, age: i64 }
/// # async fn example() -> eloquent::Result<()> {
/// let page = User::query().order_by(|u| u.id.asc()).simple_paginate(1, 20).await?;
/// println!("{} users, more: {}", page.items.len(), page.has_more);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SimplePage<T> {
    /// The rows of this page.
    pub items: Vec<T>,
    /// Its number, from 1.
    pub page: u64,
    /// How many rows a page holds.
    pub per_page: u64,
    /// Whether there is a page after this one.
    pub has_more: bool,
}

impl<M: Model, C: Copy> Query<M, C> {
    /// A page, counted from 1, and the number of all rows. Give the query an order that decides between
    /// any two rows, or rows may be missed or seen twice.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind) for page 0, an empty page, a page beyond what can
    /// be counted, and for a query with a limit or offset of its own.
    pub async fn paginate(self, page: u64, per_page: u64) -> Result<Page<M>> {
        let slice = self.clone().slice(page, per_page, 0)?;
        let total = self.count().await?;
        Ok(Page { items: slice.get().await?, page, per_page, total })
    }

    /// A page, counted from 1, without the number of all rows.
    ///
    /// # Errors
    /// As [`paginate`](Self::paginate).
    pub async fn simple_paginate(self, page: u64, per_page: u64) -> Result<SimplePage<M>> {
        let mut items = self.slice(page, per_page, 1)?.get().await?;
        let has_more = items.len() as u64 > per_page;
        if has_more {
            items.pop();
        }
        Ok(SimplePage { items, page, per_page, has_more })
    }

    fn slice(self, page: u64, per_page: u64, further: u64) -> Result<Self> {
        let definition = M::definition();
        check_bounds(&self, per_page)?;
        let offset = page.checked_sub(1).and_then(|before| before.checked_mul(per_page));
        let offset = offset.filter(|offset| i64::try_from(*offset).is_ok());
        let Some(offset) = offset else {
            let reason =
                if page == 0 { "pages are counted from 1" } else { "the page is out of range" };
            let error = definition.locate(Error::invalid(reason));
            return Err(at_target(self.plan.target.as_ref(), definition)(error));
        };
        Ok(self.limit(per_page + further).offset(offset))
    }
}

/// What holds for pages of any kind.
pub(super) fn check_bounds<M: Model, C: Copy>(query: &Query<M, C>, per_page: u64) -> Result<()> {
    let select = &query.plan.select;
    let reason = if per_page == 0 {
        "a page holds at least one row"
    } else if i64::try_from(per_page).map_or(true, |rows| rows == i64::MAX) {
        "the page is too large"
    } else if select.limit.is_some() || select.offset.is_some() {
        "a query that is paged has no limit or offset of its own"
    } else {
        return Ok(());
    };
    let error = M::definition().locate(Error::invalid(reason));
    Err(at_target(query.plan.target.as_ref(), M::definition())(error))
}

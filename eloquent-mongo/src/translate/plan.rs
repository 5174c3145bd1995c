//! What the columns of a model become, made once: they are the same for as long as the program runs.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use eloquent_core::Result;
use eloquent_core::schema::Column;
use eloquent_core::statement::Projection;
use mongodb::bson::{Bson, RawDocumentBuf, doc};

use super::{field, select};
use crate::command::raw;
use crate::shape::Shape;

/// Columns of one table, as a find reads them.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) shape: Shape,
    /// The fields that are asked for; `None` where one of them is to be read twice.
    pub(super) projection: Option<RawDocumentBuf>,
}

/// Where columns lie, and how many.
type Key = (usize, usize);

static PLANS: LazyLock<RwLock<HashMap<Key, Arc<Plan>>>> = LazyLock::new(RwLock::default);

impl Plan {
    /// # Errors
    /// For names that the server does not take, and when there are no columns.
    pub(super) fn of(columns: &'static [Column]) -> Result<Arc<Plan>> {
        let key = (columns.as_ptr().addr(), columns.len());
        if let Some(plan) = PLANS.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(plan.clone());
        }
        let plan = Arc::new(Plan::make(columns)?);
        PLANS.write().unwrap_or_else(PoisonError::into_inner).insert(key, plan.clone());
        Ok(plan)
    }

    fn make(columns: &'static [Column]) -> Result<Plan> {
        let shape = Shape::of_results(&select::fields(&Projection::Columns(columns))?);
        let mut projection = doc! { "_id": 0 };
        let mut is_once = true;
        for column in columns {
            let old = projection.insert(field(&column.name)?, 1);
            is_once &= old.is_none_or(|old| old == Bson::Int32(0));
        }
        let projection = is_once.then(|| raw(&projection)).transpose()?;
        Ok(Plan { shape, projection })
    }
}

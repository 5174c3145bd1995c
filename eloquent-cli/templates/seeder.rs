//! {{ words }}.

{% if model %}
use eloquent::prelude::*;
{% endif %}
use eloquent::seeding::{Models, Seeder, async_trait};
{% if model %}

use crate::models::{{ model_path }};
{% endif %}

/// {{ words }}.
#[derive(Debug)]
pub struct {{ pascal }};

#[async_trait]
impl Seeder for {{ pascal }} {
    fn models(&self) -> Models {
        Models::new(){% if model %}.add::<{{ model }}>(){% endif %}

    }

    async fn run(&self) -> eloquent::Result<()> {
{% if model %}
        // rows that are there already stay as they are:
        // {{ model }}::upsert([new!({{ model }} { .. })]).unique_by(|row| row.id).ignore().await?;
        let _rows = {{ model }}::query().count().await?;
{% else %}
        // User::upsert([new!(User { email: "ada@example.org" })]).unique_by(|u| u.email).ignore().await?;
{% endif %}
        Ok(())
    }
}

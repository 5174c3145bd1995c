//! Users.

use eloquent::prelude::*;

/// A user.
#[derive(Model, Debug, Clone)]
{% if document %}
#[model(document)]
{% endif %}
pub struct User {
    pub id: {{ "eloquent::value::ObjectId" if document else "i64" }},
    #[model(length = 255)]
    pub name: String,
    #[model(length = 255, unique)]
    pub email: String,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

//! Create users.

use eloquent::migration::{Migration, MigrationContext, async_trait};

/// Create users.
#[derive(Debug)]
pub struct CreateUsers;

#[async_trait]
impl Migration for CreateUsers {
    fn name(&self) -> &str {
        "{{ stamp }}_create_users"
    }

    async fn up(&self, db: &MigrationContext) -> eloquent::Result<()> {
        let users = db.schema().create("users", |t| {
{% if not document %}
            t.id();
            t.string("name", 255);
{% endif %}
            t.string("email", 255).unique();
{% if not document %}
            t.timestamps();
{% endif %}
        });
        users.await
    }

    async fn down(&self, db: &MigrationContext) -> eloquent::Result<()> {
        db.schema().drop("users").await
    }
}

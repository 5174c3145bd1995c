//! {{ words }}.

use eloquent::migration::{Migration, MigrationContext, async_trait};

/// {{ words }}.
#[derive(Debug)]
pub struct {{ pascal }};

#[async_trait]
impl Migration for {{ pascal }} {
    fn name(&self) -> &str {
        {{ name|literal }}
    }

{% if columns %}
    async fn up(&self, db: &MigrationContext) -> eloquent::Result<()> {
        let table = db.schema().create({{ table|literal }}, |t| {
{% for column in columns %}
            t.{{ column }};
{% endfor %}
        });
        table.await
    }

    async fn down(&self, db: &MigrationContext) -> eloquent::Result<()> {
        db.schema().drop({{ table|literal }}).await
    }
{% else %}
    async fn up(&self, _db: &MigrationContext) -> eloquent::Result<()> {
        // let users = db.schema().create("users", |t| {
        //     t.id();
        //     t.string("email", 255).unique();
        //     t.timestamps();
        // });
        // users.await
        Ok(())
    }

    async fn down(&self, _db: &MigrationContext) -> eloquent::Result<()> {
        // db.schema().drop("users").await
        Ok(())
    }
{% endif %}
}

//! {{ what }}.

use eloquent::prelude::*;

/// {{ what }}.
#[derive(Model, Debug, Clone)]
{% if says %}
#[model({{ says }})]
{% endif %}
pub struct {{ pascal }} {
    pub id: {{ key }},
{% for field in fields %}
{% if field.says %}
    #[model({{ field.says }})]
{% endif %}
    pub {{ field.name }}: {{ field.rust }},
{% endfor %}
{% if timestamps %}
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
{% endif %}
}

//! What lies inside of columns, and lists.

use super::{Record, order, unsupported};
use crate::Result;
use crate::statement::{
    Aggregate, ColumnRef, Expression, ListPredicate, ListQuestion, Path, Predicate, Root,
};
use crate::value::{Value, ValueRef};

/// The value that a path leads to; `None` where there is none.
pub(super) fn find(path: &Path, record: &dyn Record) -> Result<Option<Value>> {
    let mut value = match &path.root {
        Root::Column(column) => record.field(column)?.clone(),
        Root::Element(number) => record.element(*number)?.clone(),
    };
    for field in &path.fields {
        let inner = match &value {
            Value::Document(fields) => fields.get(field).cloned(),
            Value::Json(json) => {
                json.get(&**field).map(|json| ValueRef::from_json(json).to_owned())
            }
            _ => None,
        };
        match inner {
            Some(inner) => value = inner,
            None => return Ok(None),
        }
    }
    Ok(Some(value))
}

/// The number of elements; null of what is no list.
pub(super) fn size(list: &Value) -> Result<Value> {
    Ok(elements(list).map_or(Value::Null, |elements| super::select::count(elements.len())))
}

/// Whether there is a value. A column that is null is not kept.
pub(super) fn exists(expression: &Expression, record: &dyn Record) -> Result<bool> {
    match expression {
        Expression::Path(path) if !path.fields.is_empty() => Ok(find(path, record)?.is_some()),
        other => Ok(!other.evaluate(record)?.is_null()),
    }
}

/// What is asked of a list; unknown of what is none.
pub(super) fn asked(asked: &ListPredicate, record: &dyn Record) -> Result<Option<bool>> {
    let list = asked.list.evaluate(record)?;
    let elements = elements(&list);
    let among = |value: &Value| {
        let same = |element: &Value| {
            order::compare(element, value).is_ok_and(|o| o.is_some_and(|o| o.is_eq()))
        };
        elements.iter().flatten().any(|element| element == value || same(element))
    };
    let found = match &asked.question {
        ListQuestion::ContainsAny(values) => values.iter().any(among),
        ListQuestion::ContainsAll(values) => values.iter().all(among),
        ListQuestion::Any(number, predicate) => {
            // looked at once without an element, so that what cannot be evaluated is refused
            holds(predicate, record, *number, &Value::Null)?;
            let mut found = false;
            for element in elements.iter().flatten() {
                found |= holds(predicate, record, *number, element)?;
            }
            found
        }
    };
    Ok(elements.is_some().then_some(found))
}

fn holds(predicate: &Predicate, outer: &dyn Record, number: u16, value: &Value) -> Result<bool> {
    Ok(predicate.holds(&Element { outer, number, value })? == Some(true))
}

fn elements(list: &Value) -> Option<Vec<Value>> {
    match list {
        Value::Array(elements) => Some(elements.clone()),
        Value::Json(json) => json
            .as_array()
            .map(|all| all.iter().map(|one| ValueRef::from_json(one).to_owned()).collect()),
        _ => None,
    }
}

/// A row, with an element of one of its lists.
struct Element<'r> {
    outer: &'r dyn Record,
    number: u16,
    value: &'r Value,
}

impl Record for Element<'_> {
    fn field(&self, column: &ColumnRef) -> Result<&Value> {
        self.outer.field(column)
    }

    fn element(&self, number: u16) -> Result<&Value> {
        if number == self.number { Ok(self.value) } else { self.outer.element(number) }
    }

    fn aggregate(&self, _: &Aggregate) -> Result<Value> {
        Err(unsupported("a function over rows within a condition on a list"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statement::{CompareOperator, Source};
    use crate::value::Document;

    fn document(fields: &[(&str, Value)]) -> Document {
        fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
    }

    fn path(root: Root, fields: &[&'static str]) -> Expression {
        let fields = fields.iter().map(|field| (*field).into()).collect();
        Expression::Path(Box::new(Path { root, fields, ty: None }))
    }

    fn column(name: &'static str) -> Root {
        Root::Column(ColumnRef { source: Source(0), name: name.into(), ty: None })
    }

    fn holds(list: &'static str, question: ListQuestion) -> Option<bool> {
        let list = path(column(list), &[]);
        let asked = Predicate::List(Box::new(ListPredicate { list, question }));
        asked.holds(&row()).unwrap()
    }

    fn row() -> Document {
        let line = |n: i64| Value::Document(document(&[("n", Value::I64(n))]));
        let inner = document(&[("city", Value::Text("Paris".into()))]);
        document(&[
            ("inner", Value::Document(inner)),
            ("lines", Value::Array(vec![line(1), line(5)])),
            ("tags", Value::Array(vec![Value::I64(1), Value::I64(2)])),
        ])
    }

    #[test]
    fn paths_lead_inside() {
        let at = |root, fields: &[&'static str]| path(root, fields).evaluate(&row()).unwrap();
        assert_eq!(at(column("inner"), &["city"]), Value::Text("Paris".into()));
        assert_eq!(at(column("inner"), &["zip"]), Value::Null);
        assert_eq!(at(column("none"), &["a", "b"]), Value::Null);
        let size = Expression::Size(Box::new(path(column("tags"), &[])));
        assert_eq!(size.evaluate(&row()).unwrap(), Value::I64(2));
        let there = |field| Predicate::Exists {
            expression: path(column("inner"), &[field]),
            negated: false,
        };
        assert_eq!(there("city").holds(&row()).unwrap(), Some(true));
        assert_eq!(there("zip").holds(&row()).unwrap(), Some(false));
    }

    #[test]
    fn lists_are_asked() {
        let [one, two, three] = [1, 2, 3].map(Value::I64);
        assert_eq!(holds("tags", ListQuestion::ContainsAll(vec![one.clone(), two])), Some(true));
        assert_eq!(
            holds("tags", ListQuestion::ContainsAll(vec![one.clone(), three.clone()])),
            Some(false)
        );
        assert_eq!(holds("tags", ListQuestion::ContainsAny(vec![three.clone(), one])), Some(true));
        assert_eq!(holds("none", ListQuestion::ContainsAny(vec![three])), None);
        let greater = |n: i64| {
            let n = Expression::Value(Value::I64(n));
            let own = path(Root::Element(0), &["n"]);
            ListQuestion::Any(0, Box::new(Predicate::Compare(own, CompareOperator::Greater, n)))
        };
        assert_eq!(holds("lines", greater(4)), Some(true));
        assert_eq!(holds("lines", greater(5)), Some(false));
    }
}

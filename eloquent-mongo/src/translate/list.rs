//! Lists: what is asked of them, in filters and in expressions, and their elements.

use eloquent_core::statement::{Expression, ListPredicate, ListQuestion, Predicate};
use eloquent_core::value::Value;
use eloquent_core::{Error, Result};
use mongodb::bson::{Bson, Document, doc};

use super::scope::{Element, Scope};
use crate::error::DRIVER;

/// What a filter says of the element itself, where that is no document.
pub(super) const ITSELF: &str = "";

impl Scope {
    /// A filter about a list that a path leads to; `None` where a filter cannot say it.
    pub(super) fn on_a_list(&self, asked: &ListPredicate, truth: bool) -> Result<Option<Document>> {
        let Some(place) = self.reach(&asked.list)? else { return Ok(None) };
        let condition = match &asked.question {
            ListQuestion::ContainsAny(values) => {
                doc! { "$in": self.elements(values, place.inside)? }
            }
            ListQuestion::ContainsAll(values) if values.is_empty() => {
                let condition = if truth {
                    doc! { "$type": "array" }
                } else {
                    doc! { "$in": [] }
                };
                return Ok(Some(Document::from_iter([(place.path, condition.into())])));
            }
            ListQuestion::ContainsAll(values) => {
                doc! { "$all": self.elements(values, place.inside)? }
            }
            ListQuestion::Any(number, predicate) => {
                let inner = self.at_element(Element::found(*number, place.inside));
                let filter = inner.matching(std::slice::from_ref(predicate))?;
                // one of several conditions holds for an element where one of them has one
                if let Some(parts) = alternatives(&filter) {
                    let parts =
                        parts.into_iter().map(element_condition).collect::<Option<Vec<_>>>();
                    return Ok(parts.map(|parts| any_of(&place.path, parts, truth)));
                }
                match element_condition(&filter) {
                    Some(condition) => doc! { "$elemMatch": condition },
                    None => return Ok(None),
                }
            }
            _ => return Err(Error::unsupported("this condition on a list", DRIVER)),
        };
        Ok(Some(of_list(place.path, condition, truth)))
    }

    /// Values as they are in a list.
    fn elements(&self, values: &[Value], inside: bool) -> Result<Vec<Bson>> {
        values.iter().map(|value| self.operand_at(value, inside)).collect()
    }

    /// What is asked of a list, as an expression: true or false, never null.
    pub(super) fn list_truth(&self, asked: &ListPredicate, truth: bool) -> Result<Bson> {
        let list = self.value(&asked.list)?;
        let inside = self.is_inside(&asked.list);
        let literals = |values: &[Value]| -> Result<Bson> {
            Ok(doc! { "$literal": self.elements(values, inside)? }.into())
        };
        let found = match &asked.question {
            ListQuestion::ContainsAny(values) => {
                let both = doc! { "$setIntersection": [literals(values)?, list.clone()] };
                doc! { "$gt": [{ "$size": both }, 0] }
            }
            ListQuestion::ContainsAll(values) => {
                doc! { "$setIsSubset": [literals(values)?, list.clone()] }
            }
            ListQuestion::Any(number, predicate) => {
                let element = Element::variable(*number, inside);
                let name = element.name();
                let inner = self.at_element(element);
                let each =
                    doc! { "input": list.clone(), "as": name, "in": inner.truth(predicate, true)? };
                doc! { "$anyElementTrue": [{ "$map": each }] }
            }
            _ => return Err(Error::unsupported("this condition on a list", DRIVER)),
        };
        let found = if truth {
            found
        } else {
            doc! { "$not": [found] }
        };
        Ok(doc! { "$cond": [{ "$isArray": [list] }, found, false] }.into())
    }

    /// The number of elements of a list, as an expression.
    pub(super) fn size(&self, list: &Expression) -> Result<Bson> {
        let list = self.value(list)?;
        Ok(doc! { "$cond": [{ "$isArray": [list.clone()] }, { "$size": list }, Bson::Null] }.into())
    }

    /// The condition under which the operator takes an element out of a list; `None` where it cannot say it.
    pub(super) fn pulled(
        &self,
        number: u16,
        predicate: &Predicate,
        inside: bool,
    ) -> Result<Option<Bson>> {
        let inner = self.at_element(Element::found(number, inside));
        let filter = inner.matching(std::slice::from_ref(predicate))?;
        // of a choice of conditions not all servers know that it is about the element
        let is_plain =
            |one: &Document| !["$expr", "$or", "$and"].iter().any(|name| mentions(one, name));
        let condition = element_condition(&filter).filter(is_plain);
        Ok(condition.map(Bson::from))
    }
}

/// The filter for lists of which a condition holds, or does not. The server looks at a single value as at
/// a list of one, and at what is missing as at an empty one.
fn of_list(path: String, condition: Document, truth: bool) -> Document {
    let mut whole = doc! { "$type": "array" };
    match truth {
        true => whole.extend(condition),
        false => drop(whole.insert("$not", condition)),
    }
    Document::from_iter([(path, Bson::from(whole))])
}

/// The parts of a filter that is nothing but a choice of them.
fn alternatives(filter: &Document) -> Option<Vec<&Document>> {
    match filter.get_array("$or") {
        Ok(parts) if filter.len() == 1 => parts.iter().map(Bson::as_document).collect(),
        _ => None,
    }
}

/// The filter for lists with an element that meets one of these conditions, or with none.
fn any_of(path: &str, conditions: Vec<Document>, truth: bool) -> Document {
    let each =
        |condition: Document| of_list(path.to_owned(), doc! { "$elemMatch": condition }, truth);
    let filters: Vec<Document> = conditions.into_iter().map(each).collect();
    if truth {
        doc! { "$or": filters }
    } else {
        doc! { "$and": filters }
    }
}

/// A filter as a condition on an element: on its fields, or on itself. `None` where it cannot be said.
fn element_condition(filter: &Document) -> Option<Document> {
    if filter.is_empty() || mentions(filter, "$expr") {
        return None;
    }
    if !mentions(filter, ITSELF) {
        return Some(filter.clone());
    }
    let mut condition = Document::new();
    let mut add = |one: &Document| {
        one.iter().all(|(operator, value)| condition.insert(operator, value.clone()).is_none())
    };
    for (name, value) in filter {
        let all = match (name.as_str(), value) {
            (ITSELF, Bson::Document(one)) => add(one),
            ("$and", Bson::Array(parts)) => parts.iter().all(|part| {
                let one = part.as_document().filter(|part| part.len() == 1);
                one.and_then(|part| part.get_document(ITSELF).ok()).is_some_and(&mut add)
            }),
            _ => false,
        };
        if !all {
            return None;
        }
    }
    Some(condition)
}

/// Whether a filter has a field of this name, beside fields or within `$and` and `$or`.
fn mentions(filter: &Document, name: &str) -> bool {
    filter.iter().any(|(field, value)| {
        field == name
            || match value {
                Bson::Array(parts) if field.starts_with('$') => {
                    parts.iter().filter_map(Bson::as_document).any(|part| mentions(part, name))
                }
                Bson::Document(inner) => inner
                    .get_document("$elemMatch")
                    .is_ok_and(|matching| name != ITSELF && mentions(matching, name)),
                _ => false,
            }
    })
}

//! How parts of a shape become bytes.

use super::{Shape, Tag};
use crate::Name;
use crate::schema::ColumnType;
use crate::statement::{ColumnRef, Source};

impl Shape<'_, '_> {
    #[inline]
    pub(super) fn tag(&mut self, tag: Tag) {
        self.key.push(tag as u8);
    }

    #[inline]
    pub(super) fn flagged(&mut self, tag: Tag, flag: bool) {
        self.key.extend_from_slice(&[tag as u8, u8::from(flag)]);
    }

    #[inline]
    pub(super) fn len(&mut self, len: usize) {
        match u8::try_from(len) {
            Ok(short) if short < u8::MAX => self.key.push(short),
            _ => {
                self.key.push(u8::MAX);
                self.key.extend_from_slice(&len.to_le_bytes());
            }
        }
    }

    #[inline]
    pub(super) fn name(&mut self, name: &str) {
        self.len(name.len());
        self.key.extend_from_slice(name.as_bytes());
    }

    pub(super) fn names(&mut self, names: &[Name]) {
        self.len(names.len());
        names.iter().for_each(|name| self.name(name));
    }

    #[inline]
    pub(super) fn source(&mut self, source: Source) {
        self.key.extend_from_slice(&source.0.to_le_bytes());
    }

    #[inline]
    pub(super) fn column(&mut self, column: &ColumnRef) {
        self.source(column.source);
        self.name(&column.name);
        self.ty(column.ty);
    }

    pub(super) fn ty(&mut self, ty: Option<ColumnType>) {
        let tag = match ty {
            None => 0,
            Some(ColumnType::Bool) => 1,
            Some(ColumnType::I8) => 2,
            Some(ColumnType::I16) => 3,
            Some(ColumnType::I32) => 4,
            Some(ColumnType::I64) => 5,
            Some(ColumnType::U8) => 6,
            Some(ColumnType::U16) => 7,
            Some(ColumnType::U32) => 8,
            Some(ColumnType::U64) => 9,
            Some(ColumnType::F32) => 10,
            Some(ColumnType::F64) => 11,
            Some(ColumnType::Decimal { precision, scale }) => {
                self.key.extend_from_slice(&[12, precision, scale]);
                return;
            }
            Some(ColumnType::Text) => 13,
            Some(ColumnType::String { length }) => {
                self.key.push(14);
                self.key.extend_from_slice(&length.to_le_bytes());
                return;
            }
            Some(ColumnType::Bytes) => 15,
            Some(ColumnType::Uuid) => 16,
            Some(ColumnType::Date) => 17,
            Some(ColumnType::Time) => 18,
            Some(ColumnType::DateTime) => 19,
            Some(ColumnType::Timestamp) => 20,
            Some(ColumnType::Json) => 21,
            Some(ColumnType::Array) => 22,
            Some(ColumnType::Document) => 23,
            Some(ColumnType::ObjectId) => 24,
        };
        self.key.push(tag);
    }
}

//! What a type of the server is to this driver.

use tokio_postgres::types::{Kind, Type};

/// How values of a type are read and written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// One value.
    Scalar(Scalar),
    /// A list of elements.
    Array {
        /// The form of the elements.
        element: Scalar,
        /// The number of their type.
        oid: u32,
    },
    /// A range between two values.
    Range(Scalar),
}

/// The types whose values are single.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scalar {
    Bool,
    Int2,
    Int4,
    Int8,
    Oid,
    Float4,
    Float8,
    Numeric,
    /// `numeric(20, 0)`: what unsigned integers of 64 bits are kept in.
    Unsigned,
    /// Text, and what is sent and given as such: enums, names, XML.
    Text,
    Bytea,
    Uuid,
    Date,
    Time,
    Timestamp,
    Timestamptz,
    Json,
    Jsonb,
    Inet,
    Macaddr,
    Interval,
    Timetz,
    Bit,
    /// What a function without a result gives.
    Void,
    /// Written as text, and not read.
    Other,
}

impl Form {
    /// The form of a type; `modifier` is that of the column, -1 for none.
    pub(crate) fn of(ty: &Type, modifier: i32) -> Form {
        match ty.kind() {
            Kind::Domain(inner) => Form::of(inner, modifier),
            Kind::Array(element) => match Form::of(element, modifier) {
                Form::Scalar(scalar) => Form::Array { element: scalar, oid: element.oid() },
                _ => Form::Scalar(Scalar::Other),
            },
            Kind::Range(element) => match Form::of(element, -1) {
                Form::Scalar(scalar) => Form::Range(scalar),
                _ => Form::Scalar(Scalar::Other),
            },
            Kind::Enum(_) => Form::Scalar(Scalar::Text),
            Kind::Simple | Kind::Pseudo => Form::Scalar(Scalar::of(ty, modifier)),
            _ => Form::Scalar(Scalar::Other),
        }
    }

    /// Whether the form is known by the type alone, and is text.
    pub(crate) fn is_text(self) -> bool {
        self == Form::Scalar(Scalar::Text)
    }
}

impl Scalar {
    fn of(ty: &Type, modifier: i32) -> Scalar {
        /// The modifier of `numeric(20, 0)`: the precision in the upper half, and 4.
        const UNSIGNED: i32 = (20 << 16) + 4;
        match *ty {
            Type::BOOL => Scalar::Bool,
            Type::INT2 => Scalar::Int2,
            Type::INT4 => Scalar::Int4,
            Type::INT8 => Scalar::Int8,
            Type::OID => Scalar::Oid,
            Type::FLOAT4 => Scalar::Float4,
            Type::FLOAT8 => Scalar::Float8,
            Type::NUMERIC if modifier == UNSIGNED => Scalar::Unsigned,
            Type::NUMERIC => Scalar::Numeric,
            Type::TEXT
            | Type::VARCHAR
            | Type::BPCHAR
            | Type::NAME
            | Type::UNKNOWN
            | Type::CHAR
            | Type::XML => Scalar::Text,
            Type::BYTEA => Scalar::Bytea,
            Type::UUID => Scalar::Uuid,
            Type::DATE => Scalar::Date,
            Type::TIME => Scalar::Time,
            Type::TIMESTAMP => Scalar::Timestamp,
            Type::TIMESTAMPTZ => Scalar::Timestamptz,
            Type::JSON => Scalar::Json,
            Type::JSONB => Scalar::Jsonb,
            Type::INET | Type::CIDR => Scalar::Inet,
            Type::MACADDR | Type::MACADDR8 => Scalar::Macaddr,
            Type::INTERVAL => Scalar::Interval,
            Type::TIMETZ => Scalar::Timetz,
            Type::BIT | Type::VARBIT => Scalar::Bit,
            Type::VOID => Scalar::Void,
            // an extension, which has no number of its own
            _ if ty.name() == "citext" => Scalar::Text,
            _ => Scalar::Other,
        }
    }
}

//! Names and values from hell: they never change what the text is made of.

use super::dialects::Tsql;
use super::*;
use crate::statement::{
    Aggregate, AggregateFunction, Assignment, Conflict, ConflictAction, Insert, Join, JoinKind,
    Order, Update,
};

/// A generator of numbers that are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % limit
    }

    fn hostile(&mut self) -> String {
        const PIECES: [&str; 24] = [
            "\"", "\"\"", "'", "`", "[", "]", "]]", "\\", ";", "--", "/*", "*/", "?", "$1", "@P1",
            ":x", " OR 1=1", "DROP x", "\n", "$$", "é", "\u{202e}", ".", "x",
        ];
        let count = 1 + self.below(6);
        (0..count).map(|_| PIECES[self.below(PIECES.len())]).collect()
    }
}

/// The text with every quoted name as `I` and every placeholder as `?`; a quote inside a name has to be
/// doubled for this to work, which is the point.
fn tokens(text: &str, quotes: (char, char), placeholder: &str) -> String {
    let mut tokens = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if first == quotes.0 {
            rest = &rest[first.len_utf8()..];
            loop {
                let end = rest.find(quotes.1).expect("a quoted name ends");
                rest = &rest[end + quotes.1.len_utf8()..];
                match rest.strip_prefix(quotes.1) {
                    Some(behind) => rest = behind,
                    None => break,
                }
            }
            tokens.push('I');
        } else if let Some(behind) = rest.strip_prefix(placeholder) {
            rest = behind.trim_start_matches(|c: char| c.is_ascii_digit());
            tokens.push('?');
        } else {
            tokens.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    tokens
}

/// One statement of each family with these names and values.
fn statements(
    name: &mut dyn FnMut() -> String,
    value: &mut dyn FnMut() -> String,
) -> [Statement; 3] {
    let of = |source, name: String| column_of(source, name);
    let on = equals(of(0, name()), of(1, name()));
    let count = Expression::Aggregate(Box::new(Aggregate {
        function: AggregateFunction::Max,
        distinct: true,
        argument: Some(of(1, name())),
    }));
    let select = Select {
        joins: vec![Join {
            kind: JoinKind::Left,
            table: name().into(),
            source: Source(1),
            on: Some(on),
        }],
        filter: vec![
            equals(of(0, name()), Expression::Value(Value::Text(value()))),
            Predicate::Like {
                expression: of(0, name()),
                pattern: Value::Text(value()),
                negated: false,
            },
            Predicate::In {
                expression: of(1, name()),
                values: vec![Value::Text(value()); 3],
                negated: false,
            },
        ],
        group_by: vec![of(0, name())],
        order_by: vec![Order { expression: count.clone(), descending: true }],
        limit: Some(1),
        ..Select::new(name(), Projection::Expressions(vec![of(0, name()), count]))
    };
    let set = |name: String, text: String| Assignment {
        column: reference(name, None),
        value: Expression::Value(Value::Text(text)),
    };
    let (first, one) = (name(), value());
    let (second, two) = (name(), value());
    let insert = Insert {
        table: name().into(),
        columns: vec![first.into(), second.into()],
        values: vec![Value::Text(one), Value::Text(two)],
        conflict: Some(Conflict {
            target: vec![name().into()],
            action: ConflictAction::Update(vec![set(name(), value())]),
        }),
        returning: Some(Projection::Expressions(vec![of(0, name())])),
    };
    let update = Update {
        table: name().into(),
        assignments: vec![set(name(), value())],
        filter: vec![equals(of(0, name()), Expression::Value(Value::Text(value())))],
        all: false,
        by_key: true,
        returning: None,
    };
    [Statement::Select(select), Statement::Insert(insert), Statement::Update(update)]
}

#[test]
fn names_and_values_never_become_text() {
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let dialects: [(&'static dyn Dialect, _, _); 3] =
        [(&Plain, ('"', '"'), "?"), (&Postgres, ('"', '"'), "$"), (&Tsql, ('[', ']'), "@P")];
    let mut plain_names = 0;
    let benign = statements(
        &mut || {
            plain_names += 1;
            format!("n{plain_names}")
        },
        &mut || "value".to_owned(),
    );
    for _ in 0..2000 {
        let mut secrets = Vec::new();
        let mut values = Numbers(numbers.0 ^ 0x5555);
        let hostile = statements(&mut || numbers.hostile(), &mut || {
            let secret = format!("canary{}{}", secrets.len(), values.hostile());
            secrets.push(secret.clone());
            secret
        });
        for (dialect, quotes, placeholder) in dialects {
            for (hostile, benign) in hostile.iter().zip(&benign) {
                let text = match render(dialect, hostile) {
                    Ok(rendered) => rendered.sql,
                    // Two of the names may be the same by chance.
                    Err(error) => {
                        assert!(error.to_string().contains("named twice"), "{error}");
                        continue;
                    }
                };
                assert!(!text.contains("canary"), "{text}");
                // An alias appears when two tables have one name by chance.
                let seen = tokens(&text, quotes, placeholder).replace("I AS I", "I");
                let benign = render(dialect, benign).unwrap().sql;
                assert_eq!(seen, tokens(&benign, quotes, placeholder), "{text}");
            }
        }
    }
}

#[test]
fn names_that_no_database_takes_are_refused() {
    for name in ["", "a\0b", "\0"] {
        let error = invalid(&filtered(equals(column(name), value(1))));
        assert!(error.contains("name"), "{error}");
    }
    for (length, fits) in [(62, true), (63, true), (64, false)] {
        let statement = filtered(equals(column("n".repeat(length)), value(1)));
        assert_eq!(render(&Postgres, &statement).is_ok(), fits, "{length}");
    }
    // Sixty-three bytes, not characters.
    let statement = filtered(equals(column("ü".repeat(32)), value(1)));
    assert!(render(&Postgres, &statement).is_err());
}

#[test]
fn odd_names_are_quoted() {
    for (name, text) in [
        ("order", r#""order" = ?"#),
        (r#"we"ird"#, r#""we""ird" = ?"#),
        ("a.b", r#""a.b" = ?"#),
        ("Ünïcode", r#""Ünïcode" = ?"#),
        ("id; DROP TABLE users", r#""id; DROP TABLE users" = ?"#),
        ("(case when 1 then 2 end)", r#""(case when 1 then 2 end)" = ?"#),
    ] {
        assert_eq!(condition(equals(column(name), value(1))), text);
    }
}

/// The walk over the shape lists the values, the one over the text their columns: both have to go the
/// same way. Each value is the name of its column here.
#[test]
fn every_value_is_compared_with_its_own_column() {
    let last = std::cell::RefCell::new(0);
    let next = || {
        *last.borrow_mut() += 1;
        format!("c{}", last.borrow())
    };
    let dialects: [&'static dyn Dialect; 3] = [&Plain, &Postgres, &Tsql];
    for statement in &statements(&mut { next }, &mut || format!("c{}", last.borrow())) {
        for dialect in dialects {
            let rendered = render(dialect, statement).unwrap();
            assert!(rendered.binds.len() > 1);
            for (bind, value) in rendered.binds.iter().enumerate() {
                let column = rendered.compiled.column_of(bind);
                match value {
                    Value::Text(text) => assert_eq!(column.unwrap(), text),
                    _ => assert!(column.is_none()),
                }
            }
        }
    }
}

//! Attributes: `#[model(name, name = value, name(..))]`.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{
    Attribute, Expr, ExprLit, Ident, Lit, LitBool, LitStr, Meta, Path, Token, parenthesized,
};

use crate::errors::Errors;
use crate::suggest;

/// A name that may stand in an attribute, and how it is written.
pub(crate) type Known = (&'static str, &'static str);

/// Which attributes are read, and what may stand in them.
pub(crate) struct Grammar {
    /// The name of the attribute, such as `model`.
    pub(crate) attribute: &'static str,
    /// What may stand in it here.
    pub(crate) known: &'static [Known],
    /// What may stand in it elsewhere, and where that is.
    pub(crate) elsewhere: (&'static [Known], &'static str),
}

/// One entry of an attribute.
pub(crate) struct Item {
    pub(crate) name: String,
    pub(crate) span: Span,
    usage: &'static str,
    value: Value,
}

enum Value {
    None,
    Assigned(Box<Expr>),
    List(TokenStream),
}

impl Grammar {
    /// The entries of all attributes of that name. What is unknown or given twice is an error.
    pub(crate) fn read(&self, attributes: &[Attribute], errors: &mut Errors) -> Vec<Item> {
        let mut items: Vec<Item> = Vec::new();
        for attribute in attributes.iter().filter(|a| a.path().is_ident(self.attribute)) {
            for mut item in errors.ok(self.entries(attribute)).into_iter().flatten() {
                if items.iter().any(|other| other.name == item.name) {
                    errors.add(item.span, format!("`{}` is given twice", item.name));
                } else if let Some(usage) = errors.ok(self.usage(&item)) {
                    item.usage = usage;
                    items.push(item);
                }
            }
        }
        items
    }

    fn entries(&self, attribute: &Attribute) -> syn::Result<Punctuated<Item, Token![,]>> {
        match &attribute.meta {
            Meta::List(_) => attribute.parse_args_with(Punctuated::parse_terminated),
            _ => {
                let example = self.known.first().map_or("..", |(_, usage)| usage);
                let message = format!("write `#[{}({example})]`", self.attribute);
                Err(syn::Error::new(attribute.span(), message))
            }
        }
    }

    fn usage(&self, item: &Item) -> syn::Result<&'static str> {
        let find = |list: &[Known]| list.iter().find(|(n, _)| *n == item.name).map(|(_, u)| *u);
        let name = &item.name;
        find(self.known).ok_or_else(|| {
            let (elsewhere, place) = self.elsewhere;
            let hint = match find(elsewhere) {
                Some(_) => format!("it belongs {place}"),
                None => suggest::hint(name, self.known.iter().map(|(known, _)| *known)),
            };
            item.error(format!("`{}` does not know `{name}` here; {hint}", self.attribute))
        })
    }
}

impl Item {
    /// A mistake in this entry.
    pub(crate) fn error(&self, message: impl std::fmt::Display) -> syn::Error {
        syn::Error::new(self.span, message)
    }

    fn wrong_form(&self) -> syn::Error {
        self.error(format!("`{}` is written `{}`", self.name, self.usage))
    }

    /// Nothing but the name.
    pub(crate) fn flag(&self) -> syn::Result<()> {
        match self.value {
            Value::None => Ok(()),
            _ => Err(self.wrong_form()),
        }
    }

    /// `name` or `name = false`.
    pub(crate) fn switch(&self) -> syn::Result<bool> {
        match &self.value {
            Value::None => Ok(true),
            Value::Assigned(_) => match self.literal()? {
                Lit::Bool(LitBool { value, .. }) => Ok(*value),
                _ => Err(self.wrong_form()),
            },
            Value::List(_) => Err(self.wrong_form()),
        }
    }

    /// `name = "text"`, not empty.
    pub(crate) fn text(&self) -> syn::Result<LitStr> {
        match self.literal()? {
            Lit::Str(text) if text.value().trim().is_empty() => {
                Err(syn::Error::new(text.span(), format!("`{}` is empty", self.name)))
            }
            Lit::Str(text) => Ok(text.clone()),
            _ => Err(self.wrong_form()),
        }
    }

    /// `name = 255`, at least 1.
    pub(crate) fn number(&self) -> syn::Result<u32> {
        match self.literal()? {
            Lit::Int(number) => match number.base10_parse() {
                Ok(0) => Err(syn::Error::new(number.span(), format!("`{}` is 0", self.name))),
                other => other,
            },
            _ => Err(self.wrong_form()),
        }
    }

    /// `name` or `name = expression`.
    pub(crate) fn expression(self) -> syn::Result<Option<Expr>> {
        match self.value {
            Value::None => Ok(None),
            Value::Assigned(expression) => Ok(Some(*expression)),
            Value::List(_) => Err(self.wrong_form()),
        }
    }

    /// `name = path`.
    pub(crate) fn path(&self) -> syn::Result<Path> {
        match &self.value {
            Value::Assigned(value) => {
                syn::parse2(value.to_token_stream()).map_err(|_| self.wrong_form())
            }
            _ => Err(self.wrong_form()),
        }
    }

    /// `name = identifier`.
    pub(crate) fn ident(&self) -> syn::Result<Ident> {
        match &self.value {
            Value::Assigned(value) => {
                syn::parse2(value.to_token_stream()).map_err(|_| self.wrong_form())
            }
            _ => Err(self.wrong_form()),
        }
    }

    /// `name` or `name = identifier`.
    pub(crate) fn optional_ident(&self) -> syn::Result<Option<Ident>> {
        match self.value {
            Value::None => Ok(None),
            _ => self.ident().map(Some),
        }
    }

    /// `name(..)`.
    pub(crate) fn arguments<T: Parse>(&self) -> syn::Result<T> {
        match &self.value {
            Value::List(tokens) => syn::parse2(tokens.clone()).map_err(|_| self.wrong_form()),
            _ => Err(self.wrong_form()),
        }
    }

    fn literal(&self) -> syn::Result<&Lit> {
        match &self.value {
            Value::Assigned(value) => match &**value {
                Expr::Lit(ExprLit { lit, .. }) => Ok(lit),
                _ => Err(self.wrong_form()),
            },
            _ => Err(self.wrong_form()),
        }
    }
}

impl Parse for Item {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let name = Ident::parse_any(input)?;
        let value = if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            Value::Assigned(input.parse()?)
        } else if input.peek(syn::token::Paren) {
            let list;
            parenthesized!(list in input);
            Value::List(list.parse()?)
        } else {
            Value::None
        };
        Ok(Item { name: name.unraw().to_string(), span: name.span(), usage: "", value })
    }
}

//! Answers of the query services: `<GetRoleResponse><GetRoleResult>...`.

use std::fmt::Write as _;

use super::call::Call;
use super::error::{REQUEST_ID, namespace};
use crate::encoding::xml_escape;
use crate::http::Response;

/// An XML text in the making.
#[derive(Debug, Default)]
pub(crate) struct Xml(String);

impl Xml {
    /// `<tag>text</tag>`.
    pub(crate) fn text(&mut self, tag: &str, text: &str) -> &mut Self {
        let _ = write!(self.0, "<{tag}>{}</{tag}>", xml_escape(text));
        self
    }

    /// `<tag>...</tag>`.
    pub(crate) fn nest(&mut self, tag: &str, fill: impl FnOnce(&mut Self)) -> &mut Self {
        let _ = write!(self.0, "<{tag}>");
        fill(self);
        let _ = write!(self.0, "</{tag}>");
        self
    }

    /// `<tag><member>...</member>...</tag>`.
    pub(crate) fn list<T>(&mut self, tag: &str, items: impl IntoIterator<Item = T>, fill: impl Fn(&mut Self, T)) -> &mut Self {
        self.nest(tag, |xml| {
            for item in items {
                xml.nest("member", |xml| fill(xml, item));
            }
        })
    }

    /// A list whose members are text.
    pub(crate) fn texts<'t>(&mut self, tag: &str, items: impl IntoIterator<Item = &'t str>) -> &mut Self {
        self.list(tag, items, |xml, item| xml.0.push_str(&xml_escape(item)))
    }

    /// `IsTruncated` and, if there is more, `Marker`.
    pub(crate) fn more(&mut self, marker: Option<&str>) -> &mut Self {
        self.text("IsTruncated", if marker.is_some() { "true" } else { "false" });
        if let Some(marker) = marker {
            self.text("Marker", marker);
        }
        self
    }

    /// `Tags`, if there are any.
    pub(crate) fn tags<'t>(&mut self, tags: impl IntoIterator<Item = (&'t String, &'t String)>) -> &mut Self {
        self.list("Tags", tags, |xml, (key, value)| {
            xml.text("Key", key).text("Value", value);
        })
    }
}

/// The whole answer of a query service.
pub(crate) fn answer(call: &Call, fill: impl FnOnce(&mut Xml)) -> Response {
    let action = &call.action;
    let mut xml = Xml::default();
    xml.nest(&format!("{action}Result"), fill);
    let body = format!(
        "<{action}Response xmlns=\"{}\">{}<ResponseMetadata><RequestId>{REQUEST_ID}</RequestId></ResponseMetadata></{action}Response>",
        namespace(&call.service),
        xml.0,
    );
    Response::new(200, "text/xml", body).with_header("x-amzn-RequestId", REQUEST_ID)
}

/// The answer of an operation that returns nothing.
pub(crate) fn empty(call: &Call) -> Response {
    let action = &call.action;
    let body = format!(
        "<{action}Response xmlns=\"{}\"><ResponseMetadata><RequestId>{REQUEST_ID}</RequestId></ResponseMetadata></{action}Response>",
        namespace(&call.service),
    );
    Response::new(200, "text/xml", body).with_header("x-amzn-RequestId", REQUEST_ID)
}

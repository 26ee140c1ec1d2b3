//! Pages: `MaxItems` and `Marker` in IAM, `maxResults` and `nextToken` in EKS.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::call::Call;
use super::error::Failure;

/// The page of `items` that the call asks for, and the token of the next one.
pub(crate) fn page<T>(call: &Call, items: Vec<T>) -> Result<(Vec<T>, Option<String>), Failure> {
    let (size_name, token_name) = if call.is_json() { ("maxResults", "nextToken") } else { ("MaxItems", "Marker") };
    let invalid = |name: &str| {
        let code = if call.is_json() { "InvalidParameterException" } else { "ValidationError" };
        Failure::new(400, code, &format!("Invalid value for {name}"))
    };
    let asked: Option<usize> = match call.parameter(size_name) {
        Some(text) => Some(text.parse().map_err(|_| invalid(size_name))?),
        None => None,
    };
    let size = asked.unwrap_or(100).min(call.page_size.unwrap_or(1000)).max(1);
    let start = match call.parameter(token_name) {
        Some(token) => decode(token).ok_or_else(|| invalid(token_name))?,
        None => 0,
    };
    let more = items.len() > start + size;
    let page = items.into_iter().skip(start).take(size).collect();
    Ok((page, more.then(|| encode(start + size))))
}

fn encode(start: usize) -> String {
    STANDARD.encode(format!("from={start}"))
}

fn decode(token: &str) -> Option<usize> {
    let text = String::from_utf8(STANDARD.decode(token).ok()?).ok()?;
    text.strip_prefix("from=")?.parse().ok()
}

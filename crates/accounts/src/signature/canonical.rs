//! The text of a request that is signed: one for each request, whoever writes it down.

use std::borrow::Cow;

use axum::http::{HeaderMap, Uri, header};

use super::{DATE, SignatureRefused, Signed};

const CONTENT: &str = "x-sdk-content-sha256";
const NO_BODY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

pub(super) fn canonical_request(signed_headers: &str, signed: Signed<'_>) -> Result<String, SignatureRefused> {
    let Signed { method, uri, headers, body_hash } = signed;
    // One text that is long enough from the beginning: every heartbeat of every program comes through here.
    let mut canonical = String::with_capacity(512);
    canonical.push_str(method.as_str());
    canonical.push('\n');
    add_path(uri.path(), &mut canonical)?;
    canonical.push('\n');
    add_query(uri.query().unwrap_or_default(), &mut canonical)?;
    canonical.push('\n');
    add_headers(signed_headers, headers, uri, &mut canonical)?;
    let payload = body_hash.unwrap_or(NO_BODY);
    // The SDK lets a caller put any text in place of the body's hash; a body that is not covered is refused.
    let declared = if headers.contains_key(CONTENT) { only_value(headers, CONTENT) } else { Some(payload) };
    if payload != NO_BODY && declared != Some(payload) {
        return Err(SignatureRefused::UnsignedBody);
    }
    for part in ["\n", signed_headers, "\n", payload] {
        canonical.push_str(part);
    }
    Ok(canonical)
}

/// Decoded, split at slashes, each part encoded again; ends in a slash.
fn add_path(path: &str, canonical: &mut String) -> Result<(), SignatureRefused> {
    add_encoded(&decode(path)?, true, canonical);
    if !canonical.ends_with('/') {
        canonical.push('/');
    }
    Ok(())
}

/// Pairs sorted by their decoded names and values; a name without a value has an empty one. A bare plus sign is refused: it
/// would be signed as a plus and read as a space.
fn add_query(query: &str, canonical: &mut String) -> Result<(), SignatureRefused> {
    if query.contains('+') {
        return Err(SignatureRefused::Path);
    }
    let mut pairs = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        pairs.push((decode(name)?, decode(value)?));
    }
    pairs.sort();
    for (index, (name, value)) in pairs.iter().enumerate() {
        if index > 0 {
            canonical.push('&');
        }
        add_encoded(name, false, canonical);
        canonical.push('=');
        add_encoded(value, false, canonical);
    }
    Ok(())
}

fn add_headers(names: &str, headers: &HeaderMap, uri: &Uri, canonical: &mut String) -> Result<(), SignatureRefused> {
    let sorted = names.split(';').is_sorted_by(|a, b| a < b);
    let plain = names.split(';').all(|name| !name.is_empty() && !name.bytes().any(|b| b.is_ascii_uppercase()));
    let has = |wanted: &str| names.split(';').any(|name| name == wanted);
    if !(sorted && plain && has("host") && has(DATE)) {
        return Err(SignatureRefused::Headers);
    }
    for name in names.split(';') {
        let value = match only_value(headers, name) {
            Some(value) => value,
            // HTTP/2 carries the host in the target.
            None if name == header::HOST.as_str() => uri.authority().ok_or(SignatureRefused::Headers)?.as_str(),
            None => return Err(SignatureRefused::Headers),
        };
        canonical.push_str(name);
        canonical.push(':');
        canonical.push_str(value.trim());
        canonical.push('\n');
    }
    Ok(())
}

/// The value of a header that is sent once; a second one would leave open which of them was signed.
pub(super) fn only_value<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    if values.next().is_some() { None } else { std::str::from_utf8(value.as_bytes()).ok() }
}

fn decode(text: &str) -> Result<Cow<'_, str>, SignatureRefused> {
    if !text.contains('%') {
        return Ok(Cow::Borrowed(text));
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        if *first == b'%' {
            let (digits, tail) = rest.split_at_checked(2).ok_or(SignatureRefused::Path)?;
            let mut byte = [0];
            hex::decode_to_slice(digits, &mut byte).map_err(|_| SignatureRefused::Path)?;
            bytes.push(byte[0]);
            rest = tail;
        } else {
            bytes.push(*first);
        }
    }
    String::from_utf8(bytes).map(Cow::Owned).map_err(|_| SignatureRefused::Path)
}

fn add_encoded(text: &str, keep_slashes: bool, canonical: &mut String) {
    use std::fmt::Write as _;
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || (keep_slashes && byte == b'/') {
            canonical.push(char::from(byte));
        } else {
            let _ = write!(canonical, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use platform::vault::sha256_hex;
    use proptest::prelude::*;

    use super::*;

    fn written(write: impl FnOnce(&mut String) -> Result<(), SignatureRefused>) -> Result<String, SignatureRefused> {
        let mut text = String::new();
        write(&mut text).map(|()| text)
    }

    #[test]
    fn no_body_is_signed_as_an_empty_one() {
        assert_eq!(sha256_hex(b""), NO_BODY);
    }

    #[test]
    fn a_bare_plus_sign_in_the_query_is_refused() {
        assert_eq!(written(|text| add_query("a=b+c", text)), Err(SignatureRefused::Path));
        assert_eq!(written(|text| add_query("a=b%2Bc", text)).as_deref(), Ok("a=b%2Bc"));
        assert_eq!(written(|text| add_path("/a+b", text)).as_deref(), Ok("/a%2Bb/"));
    }

    proptest! {
        #[test]
        fn no_path_or_query_makes_it_panic(text in any::<String>()) {
            let _ = written(|canonical| add_path(&text, canonical));
            let _ = written(|canonical| add_query(&text, canonical));
        }

        #[test]
        fn encoding_reads_back(text in any::<String>()) {
            let encoded = written(|encoded| { add_encoded(&text, false, encoded); Ok(()) }).unwrap();
            prop_assert_eq!(decode(&encoded), Ok(Cow::Borrowed(text.as_str())));
        }
    }
}

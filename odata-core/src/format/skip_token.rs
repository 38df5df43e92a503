//! Skip tokens: where a next link continues.
//!
//! A token holds the sort values of the last row as PostgreSQL sent them, sealed under a key that is
//! derived from the caller's credential and bound to the request's path and options: it survives a
//! restart, works on every replica, dies with the credential, and is of no use elsewhere.

use super::json::SortOutput;
use super::records::Cells;
use crate::edm::PgType;
use crate::error::{Code, Error, Result};
use crate::plan::Bound;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// The first byte of every token: a later form gets a later number.
const VERSION: u8 = 1;
/// Bytes of the seal. Half of the MAC's: nobody can try 2^64 of them.
const SEAL: usize = 16;
/// Bytes of a value's hash.
const HASH: usize = 16;
/// A text longer than this stays out of the token: its row's key and a hash stand for it.
const LONGEST_VALUE: usize = 64;

/// The key under which a caller's tokens are sealed. Its `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenKey([u8; 32]);

impl std::fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TokenKey")
    }
}

impl TokenKey {
    /// The key for the holder of this credential.
    pub fn derive(credential: &str) -> TokenKey {
        TokenKey(mac(b"odata-skip-token", &[credential.as_bytes()]))
    }
}

/// Where a result continues.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkipToken {
    /// Rows that were given so far: `$top` counts them.
    pub given: u64,
    /// The page size that a preference asked for, so that the next page has it without asking again.
    pub page_size: Option<u64>,
    /// The order that the service chose, where the request names none: property names.
    pub order: Option<String>,
    /// The sort values of the last row.
    pub values: Vec<SortValue>,
}

/// A sort value of the last row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SortValue {
    /// The value itself.
    Known(Bound),
    /// The hash of a value that is too long: the row still has it, or the token is of no use.
    Hashed(PgType, [u8; HASH]),
}

impl SortValue {
    /// The sort value for this cell; of a key, the whole of it.
    pub fn of(ty: PgType, key: bool, cell: Option<&[u8]>) -> SortValue {
        match cell {
            Some(bytes) if !key && bytes.len() > LONGEST_VALUE => {
                SortValue::Hashed(ty, hash(bytes))
            }
            cell => SortValue::Known(Bound {
                ty,
                value: cell.map(<[u8]>::to_vec),
            }),
        }
    }

    /// Whether it was made of this cell.
    pub fn is_of(&self, cell: Option<&[u8]>) -> bool {
        match self {
            SortValue::Known(bound) => bound.value.as_deref() == cell,
            SortValue::Hashed(_, expected) => cell.is_some_and(|bytes| hash(bytes) == *expected),
        }
    }
}

impl SkipToken {
    /// The token that continues behind this row, whose outputs start at column `first`.
    pub fn behind(
        row: &impl Cells,
        first: usize,
        order: &[SortOutput],
        given: u64,
        page_size: Option<u64>,
        implicit_order: Option<String>,
    ) -> SkipToken {
        let values = order
            .iter()
            .map(|sort| SortValue::of(sort.ty, sort.key, row.cell(first + sort.output)));
        SkipToken {
            given,
            page_size,
            order: implicit_order,
            values: values.collect(),
        }
    }

    /// The token that starts at the first row of another part of the result.
    pub fn start(page_size: Option<u64>) -> SkipToken {
        SkipToken {
            given: 0,
            page_size,
            order: None,
            values: Vec::new(),
        }
    }

    /// The token's text, bound to the canonical path and options of its request.
    pub fn seal(&self, key: &TokenKey, request: &str) -> String {
        let mut bytes = vec![VERSION];
        put_number(&mut bytes, self.given);
        put_number(&mut bytes, self.page_size.unwrap_or(0));
        put_bytes(&mut bytes, self.order.as_deref().unwrap_or("").as_bytes());
        put_number(&mut bytes, self.values.len() as u64);
        for value in &self.values {
            match value {
                SortValue::Known(Bound { ty, value: None }) => put_value(&mut bytes, 0, *ty, &[]),
                SortValue::Known(Bound {
                    ty,
                    value: Some(value),
                }) => put_value(&mut bytes, 1, *ty, value),
                SortValue::Hashed(ty, hash) => put_value(&mut bytes, 2, *ty, hash),
            }
        }
        let seal = mac(&key.0, &[&bytes, request.as_bytes()]);
        bytes.extend_from_slice(&seal[..SEAL]);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The token behind a text, if it was sealed by [`SkipToken::seal`] for this caller and request.
    pub fn open(text: &str, key: &TokenKey, request: &str) -> Result<SkipToken> {
        let opened = URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| {
            let (body, seal) = bytes.split_at_checked(bytes.len().checked_sub(SEAL)?)?;
            let expected = mac(&key.0, &[body, request.as_bytes()]);
            // In constant time: the seal tells nothing of how near a guess was.
            let differ = seal
                .iter()
                .zip(&expected)
                .fold(0, |differ, (a, b)| differ | (a ^ b));
            if differ == 0 { read(body) } else { None }
        });
        opened.ok_or_else(|| {
            Error::new(
                Code::InvalidOptionValue,
                "'$skiptoken' is not one that this service made for this request",
            )
            .target("$skiptoken")
            .hint("follow '@odata.nextLink' as it is, with the credential that it was made for")
        })
    }
}

fn hash(bytes: &[u8]) -> [u8; HASH] {
    let digest: [u8; 32] = Sha256::digest(bytes).into();
    let mut short = [0; HASH];
    short.copy_from_slice(&digest[..HASH]);
    short
}

/// The MAC of these parts, each with its length before it.
fn mac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// A number in groups of seven bits, the lowest first.
fn put_number(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn put_bytes(bytes: &mut Vec<u8>, part: &[u8]) {
    put_number(bytes, part.len() as u64);
    bytes.extend_from_slice(part);
}

fn put_value(bytes: &mut Vec<u8>, tag: u8, ty: PgType, value: &[u8]) {
    bytes.push(tag);
    put_number(bytes, ty.oid().into());
    put_bytes(bytes, value);
}

fn read(mut body: &[u8]) -> Option<SkipToken> {
    let rest = &mut body;
    (take_byte(rest)? == VERSION).then_some(())?;
    let given = take_number(rest)?;
    let page_size = Some(take_number(rest)?).filter(|size| *size > 0);
    let order = String::from_utf8(take_bytes(rest)?.to_vec()).ok()?;
    let count = take_number(rest)?;
    let mut values = Vec::new();
    for _ in 0..count {
        let tag = take_byte(rest)?;
        let ty = PgType::from_oid(u32::try_from(take_number(rest)?).ok()?)?;
        let value = take_bytes(rest)?;
        values.push(match tag {
            0 => SortValue::Known(Bound { ty, value: None }),
            1 => SortValue::Known(Bound {
                ty,
                value: Some(value.to_vec()),
            }),
            2 => SortValue::Hashed(ty, value.try_into().ok()?),
            _ => return None,
        });
    }
    let order = Some(order).filter(|order| !order.is_empty());
    rest.is_empty().then_some(SkipToken {
        given,
        page_size,
        order,
        values,
    })
}

fn take_byte(bytes: &mut &[u8]) -> Option<u8> {
    let (first, rest) = bytes.split_first()?;
    *bytes = rest;
    Some(*first)
}

fn take_number(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0u64;
    for shift in (0..64).step_by(7) {
        let byte = take_byte(bytes)?;
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
}

fn take_bytes<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = usize::try_from(take_number(bytes)?).ok()?;
    let (head, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(head)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token() -> SkipToken {
        SkipToken {
            given: 300,
            page_size: Some(7),
            order: Some("id".into()),
            values: vec![
                SortValue::of(PgType::Text, false, Some(&[b'x'; 65])),
                SortValue::of(PgType::Float8, false, Some(&f64::NAN.to_be_bytes())),
                SortValue::of(PgType::Int8, false, None),
            ],
        }
    }

    #[test]
    fn a_token_opens_for_its_caller_and_its_request_alone() {
        let (mine, other) = (TokenKey::derive("a"), TokenKey::derive("b"));
        let text = token().seal(&mine, "Message?");
        assert_eq!(SkipToken::open(&text, &mine, "Message?"), Ok(token()));
        assert!(SkipToken::open(&text, &other, "Message?").is_err());
        assert!(SkipToken::open(&text, &mine, "Message?$filter=id eq 1").is_err());
    }

    #[test]
    fn every_flipped_bit_is_noticed() {
        let key = TokenKey::derive("a");
        let bytes = URL_SAFE_NO_PAD.decode(token().seal(&key, "")).unwrap();
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(
                SkipToken::open(&URL_SAFE_NO_PAD.encode(flipped), &key, "").is_err(),
                "{bit}"
            );
        }
    }

    #[test]
    fn rubbish_is_an_error() {
        let key = TokenKey::derive("a");
        for text in ["", "!", "AAAA", "Id-2) or (1 eq 1"] {
            assert_eq!(
                SkipToken::open(text, &key, "").unwrap_err().code(),
                Code::InvalidOptionValue
            );
        }
    }

    proptest::proptest! {
        /// What is behind the seal is bounded by its own length, whatever it says of itself.
        #[test]
        fn any_body_is_read_or_refused(
            edits in proptest::collection::vec((0usize..64, proptest::num::u8::ANY), 0..4),
            cut in 0usize..64,
        ) {
            let key = TokenKey::derive("a");
            let mut body = URL_SAFE_NO_PAD.decode(token().seal(&key, "")).unwrap();
            body.truncate(body.len() - SEAL - cut.min(body.len() - SEAL));
            for (place, byte) in edits {
                if let Some(edited) = body.get_mut(place) {
                    *edited = byte;
                }
            }
            if let Some(token) = read(&body) {
                assert!(token.values.len() * 3 <= body.len());
                let sealed = token.seal(&key, "");
                assert_eq!(SkipToken::open(&sealed, &key, ""), Ok(token));
            }
        }
    }
}

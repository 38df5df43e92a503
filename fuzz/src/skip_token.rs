//! `$skiptoken`: what is not a token of this caller and request, and what is.

use crate::Bytes;
use odata_core::edm::PgType;
use odata_core::format::{SkipToken, SortValue, TokenKey};

/// Any text is refused; what was sealed is opened as it was, by its caller and request alone.
pub fn skip_token(data: &[u8]) {
    let key = TokenKey::derive("token");
    let text = String::from_utf8_lossy(data);
    assert!(SkipToken::open(&text, &key, "Message?").is_err(), "{text}");

    let mut bytes = Bytes(data);
    let given = u64::from(bytes.byte()) << (bytes.byte() % 57);
    let size = u64::from(bytes.byte());
    let order = String::from_utf8_lossy(bytes.piece()).into_owned();
    let request = String::from_utf8_lossy(bytes.piece()).into_owned();
    let (flipped, change) = (usize::from(bytes.byte()), bytes.byte());
    let mut values = Vec::new();
    while !bytes.0.is_empty() {
        let (ty, is_key) = (bytes.pick(PgType::ALL), bytes.flag());
        values.push(SortValue::of(ty, is_key, bytes.cell()));
    }
    let token = SkipToken {
        given,
        page_size: Some(size).filter(|size| *size > 0),
        order: Some(order).filter(|order| !order.is_empty()),
        values,
    };
    let sealed = token.seal(&key, &request);
    assert_eq!(SkipToken::open(&sealed, &key, &request), Ok(token));
    let other = TokenKey::derive("another");
    assert!(SkipToken::open(&sealed, &other, &request).is_err());
    assert!(SkipToken::open(&sealed, &key, &format!("{request} ")).is_err());
    // Another text is another token.
    let mut changed = sealed.clone().into_bytes();
    let place = flipped % changed.len();
    changed[place] ^= change;
    let changed = String::from_utf8_lossy(&changed);
    if changed != sealed {
        assert!(SkipToken::open(&changed, &key, &request).is_err());
    }
}

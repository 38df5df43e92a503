//! A [`Param`] as the driver wants it. The bytes are ready; nothing is encoded here.

use crate::sql::{Param, Wire};
use bytes::BytesMut;
use std::error::Error;
use std::fmt;
use tokio_postgres::types::{Format, IsNull, ToSql, Type, to_sql_checked};

/// A parameter bound to a statement. The driver logs parameters by their `Debug` at level debug, so
/// this one shows its type and nothing of its value.
pub(super) struct Bound<'a>(pub(super) &'a Param);

impl fmt::Debug for Bound<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl ToSql for Bound<'_> {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        Ok(match &self.0.value {
            Some(bytes) => {
                out.extend_from_slice(bytes);
                IsNull::No
            }
            None => IsNull::Yes,
        })
    }

    fn accepts(_: &Type) -> bool {
        // The statement was prepared with this parameter's own OID.
        true
    }

    fn encode_format(&self, _: &Type) -> Format {
        match self.0.wire {
            Wire::Binary => Format::Binary,
            Wire::Text => Format::Text,
        }
    }

    to_sql_checked!();
}

/// The driver's types of these parameters.
pub(super) fn types(params: &[Param]) -> Vec<Type> {
    params
        .iter()
        .map(|param| Type::from_oid(param.oid()).unwrap_or(Type::UNKNOWN))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edm::PgType;

    #[track_caller]
    fn check(param: &Param, format: Format, bytes: Option<&[u8]>) {
        let mut out = BytesMut::new();
        let bound = Bound(param);
        assert_eq!(
            bound.encode_format(&Type::UNKNOWN) as i16,
            format as i16,
            "{param:?}"
        );
        let null = bound.to_sql_checked(&Type::UNKNOWN, &mut out).unwrap();
        match bytes {
            Some(bytes) => {
                assert!(matches!(null, IsNull::No));
                assert_eq!(&out[..], bytes);
            }
            None => assert!(matches!(null, IsNull::Yes)),
        }
    }

    #[test]
    fn bytes_go_out_in_their_own_format() {
        check(
            &Param::int8(1),
            Format::Binary,
            Some(&[0, 0, 0, 0, 0, 0, 0, 1]),
        );
        check(
            &Param::text(PgType::Numeric, "1e-30"),
            Format::Text,
            Some(b"1e-30"),
        );
        let null = Param {
            value: None,
            ..Param::int8(1)
        };
        check(&null, Format::Binary, None);
        let array = Param::array(PgType::Int8, &[7i64.to_be_bytes()]);
        let bytes = array.value.clone();
        check(&array, Format::Binary, bytes.as_deref());
    }

    #[test]
    fn every_type_of_the_table_is_known_to_the_driver() {
        for ty in PgType::ALL {
            let array = Param::array::<[u8; 0]>(*ty, &[]);
            let types = types(&[Param::binary(*ty, []), array]);
            assert_eq!(types[0].oid(), ty.oid());
            assert_eq!(types[1].oid(), ty.array_oid());
        }
    }

    #[test]
    fn the_value_is_not_in_what_the_driver_logs() {
        let bound = Bound(&Param::text(PgType::Text, "secret")).to_owned_debug();
        assert_eq!(bound, "text");
    }

    impl Bound<'_> {
        fn to_owned_debug(&self) -> String {
            format!("{self:?}")
        }
    }
}

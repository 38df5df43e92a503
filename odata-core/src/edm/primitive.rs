//! The type table: each primitive type of OData with what it is in PostgreSQL (CSDL 3.3).

macro_rules! pg_types {
    ($($(#[$doc:meta])* $name:ident = $oid:literal, $array:literal, $sql:literal, $edm:ident;)*) => {
        /// A PostgreSQL type that this crate reads in its binary format. A column of any other type
        /// is read by its text.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum PgType {
            $($(#[$doc])* $name,)*
        }

        impl PgType {
            /// Every type of the table.
            pub const ALL: &'static [PgType] = &[$(PgType::$name,)*];

            /// The type's OID, the same in every database.
            pub const fn oid(self) -> u32 {
                match self { $(PgType::$name => $oid,)* }
            }

            /// The OID of its array type.
            pub const fn array_oid(self) -> u32 {
                match self { $(PgType::$name => $array,)* }
            }

            /// The type of that OID.
            pub const fn from_oid(oid: u32) -> Option<PgType> {
                match oid {
                    $($oid => Some(PgType::$name),)*
                    _ => None,
                }
            }

            /// Its name in SQL.
            pub const fn sql_name(self) -> &'static str {
                match self { $(PgType::$name => $sql,)* }
            }

            /// The type that a property has when it follows its column.
            pub const fn edm(self) -> PrimitiveType {
                match self { $(PgType::$name => PrimitiveType::$edm,)* }
            }
        }
    };
}

pg_types! {
    /// `boolean`
    Bool = 16, 1000, "bool", Boolean;
    /// `smallint`
    Int2 = 21, 1005, "int2", Int16;
    /// `integer`
    Int4 = 23, 1007, "int4", Int32;
    /// `bigint`
    Int8 = 20, 1016, "int8", Int64;
    /// `real`
    Float4 = 700, 1021, "float4", Single;
    /// `double precision`
    Float8 = 701, 1022, "float8", Double;
    /// `numeric`
    Numeric = 1700, 1231, "numeric", Decimal;
    /// `text`
    Text = 25, 1009, "text", String;
    /// `character varying`
    Varchar = 1043, 1015, "varchar", String;
    /// `character(n)`
    Bpchar = 1042, 1014, "bpchar", String;
    /// `name`
    Name = 19, 1003, "name", String;
    /// `uuid`
    Uuid = 2950, 2951, "uuid", Guid;
    /// `timestamp without time zone`, which holds UTC
    Timestamp = 1114, 1115, "timestamp", DateTimeOffset;
    /// `timestamp with time zone`
    Timestamptz = 1184, 1185, "timestamptz", DateTimeOffset;
    /// `date`
    Date = 1082, 1182, "date", Date;
    /// `time without time zone`
    Time = 1083, 1183, "time", TimeOfDay;
    /// `interval`
    Interval = 1186, 1187, "interval", Duration;
    /// `bytea`
    Bytea = 17, 1001, "bytea", Binary;
    /// `json`
    Json = 114, 199, "json", Json;
    /// `jsonb`
    Jsonb = 3802, 3807, "jsonb", Json;
}

impl PgType {
    /// Whether it holds text as PostgreSQL's `text` does.
    pub const fn is_text(self) -> bool {
        matches!(
            self,
            PgType::Text | PgType::Varchar | PgType::Bpchar | PgType::Name
        )
    }
}

macro_rules! primitive_types {
    ($($(#[$doc:meta])* $name:ident = $edm:literal, [$($pg:ident),*], $parameter:ident;)*) => {
        /// A primitive type of OData.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum PrimitiveType {
            $($(#[$doc])* $name,)*
        }

        impl PrimitiveType {
            /// Every type of the table.
            pub const ALL: &'static [PrimitiveType] = &[$(PrimitiveType::$name,)*];

            /// Its qualified name.
            pub const fn edm_name(self) -> &'static str {
                match self { $(PrimitiveType::$name => $edm,)* }
            }

            /// The column types whose every value it can hold, read as they are.
            pub const fn columns(self) -> &'static [PgType] {
                match self { $(PrimitiveType::$name => &[$(PgType::$pg),*],)* }
            }

            /// The PostgreSQL type of a value of it that no column gives: a literal, the result of
            /// a function.
            pub const fn pg(self) -> PgType {
                match self { $(PrimitiveType::$name => PgType::$parameter,)* }
            }
        }
    };
}

primitive_types! {
    /// Text.
    String = "Edm.String", [Text, Varchar, Bpchar, Name, Json, Jsonb], Text;
    /// Text that holds JSON; `Edm.String` to the client, one unwrap of JSON in a JSON string.
    Json = "Edm.String", [Json, Jsonb, Text, Varchar], Text;
    /// True or false.
    Boolean = "Edm.Boolean", [Bool], Bool;
    /// -128 to 127.
    SByte = "Edm.SByte", [], Int2;
    /// 0 to 255.
    Byte = "Edm.Byte", [], Int2;
    /// 16 bits, signed.
    Int16 = "Edm.Int16", [Int2], Int2;
    /// 32 bits, signed.
    Int32 = "Edm.Int32", [Int4, Int2], Int4;
    /// 64 bits, signed.
    Int64 = "Edm.Int64", [Int8, Int4, Int2], Int8;
    /// IEEE 754 binary32.
    Single = "Edm.Single", [Float4], Float4;
    /// IEEE 754 binary64.
    Double = "Edm.Double", [Float8, Float4], Float8;
    /// Decimal digits of any number.
    Decimal = "Edm.Decimal", [Numeric], Numeric;
    /// An instant; always written in UTC.
    DateTimeOffset = "Edm.DateTimeOffset", [Timestamp, Timestamptz], Timestamp;
    /// A day.
    Date = "Edm.Date", [Date], Date;
    /// A time of the day.
    TimeOfDay = "Edm.TimeOfDay", [Time], Time;
    /// A signed duration in days, hours, minutes and seconds.
    Duration = "Edm.Duration", [Interval], Interval;
    /// 16 bytes.
    Guid = "Edm.Guid", [Uuid], Uuid;
    /// Bytes.
    Binary = "Edm.Binary", [Bytea], Bytea;
}

impl PrimitiveType {
    /// The type of that qualified name. `Edm.String` is [`PrimitiveType::String`].
    pub fn from_edm_name(name: &str) -> Option<PrimitiveType> {
        PrimitiveType::ALL
            .iter()
            .copied()
            .find(|ty| ty.edm_name() == name)
    }

    /// Whether arithmetic applies (URL Conventions 5.1.1.2).
    pub const fn is_numeric(self) -> bool {
        self.numeric_rank().is_some()
    }

    /// Whether its values are whole numbers.
    pub const fn is_integer(self) -> bool {
        use PrimitiveType::*;
        matches!(self, SByte | Byte | Int16 | Int32 | Int64)
    }

    /// Whether it is text, JSON text included.
    pub const fn is_text(self) -> bool {
        matches!(self, PrimitiveType::String | PrimitiveType::Json)
    }

    /// The place of a numeric type in numeric promotion (URL Conventions 5.1.1.11): the operand
    /// of the lower rank becomes the type of the higher.
    pub const fn numeric_rank(self) -> Option<u8> {
        use PrimitiveType::*;
        match self {
            SByte | Byte => Some(0),
            Int16 => Some(1),
            Int32 => Some(2),
            Int64 => Some(3),
            Decimal => Some(4),
            Single => Some(5),
            Double => Some(6),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_type_follows_to_a_type_that_holds_it() {
        for pg in PgType::ALL {
            assert!(pg.edm().columns().contains(pg), "{pg:?} -> {:?}", pg.edm());
            assert_eq!(PgType::from_oid(pg.oid()), Some(*pg));
        }
    }

    #[test]
    fn names_lead_back() {
        for ty in PrimitiveType::ALL {
            let back = PrimitiveType::from_edm_name(ty.edm_name()).unwrap();
            assert_eq!(back.edm_name(), ty.edm_name());
        }
    }
}

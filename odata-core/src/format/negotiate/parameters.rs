//! The parameters of a media type (Protocol 8.2.1, JSON Format 3).

use super::{Format, FormatParameters, MetadataLevel};

impl FormatParameters {
    /// Reads the parameters of a media type, with and without `odata.`; an unknown one, or an
    /// unknown value, must be refused (Protocol 8.2.1). The error is the parameter and what was
    /// expected.
    pub(super) fn read(
        format: Format,
        parameters: &[(String, String)],
    ) -> std::result::Result<FormatParameters, (String, String)> {
        let mut read = FormatParameters::default();
        for (name, value) in parameters {
            let bare = name.strip_prefix("odata.").unwrap_or(name);
            let fault = |expected: &str| Err((format!("{name}={value}"), expected.to_owned()));
            if bare == "charset" {
                if value != "utf-8" && value != "utf8" {
                    return fault("'charset=utf-8'");
                }
                read.charset = true;
                continue;
            }
            if format == Format::Csv {
                match (bare, value.as_str()) {
                    ("formulas", "escape") => read.escape_formulas = true,
                    ("header", "present") => {}
                    _ => return fault("'formulas=escape', 'header=present' or 'charset=utf-8'"),
                }
                continue;
            }
            if !matches!(format, Format::Json | Format::CsdlJson | Format::OpenApi) {
                return fault("none but 'charset'");
            }
            let flag = match bare {
                "metadata" => {
                    let level = MetadataLevel::ALL
                        .into_iter()
                        .find(|level| level.name() == value);
                    match level {
                        Some(level) => read.metadata = level,
                        None => return fault("'none', 'minimal' or 'full'"),
                    }
                    continue;
                }
                "streaming" => &mut read.streaming,
                "ieee754compatible" => &mut read.ieee754_compatible,
                "exponentialdecimals" => &mut read.exponential_decimals,
                _ => {
                    return fault(
                        "'odata.metadata', 'odata.streaming', 'IEEE754Compatible', \
                         'ExponentialDecimals' or 'charset'",
                    );
                }
            };
            match value.as_str() {
                "true" => *flag = true,
                "false" => *flag = false,
                _ => return fault("'true' or 'false'"),
            }
        }
        Ok(read)
    }
}

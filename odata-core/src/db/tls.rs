//! TLS to the database, with libpq's meanings: `prefer` and `require` encrypt and trust anyone,
//! `verify-ca` wants a certificate of a known authority, `verify-full` one of this host too.
//!
//! Two things differ from libpq: a name stands in the certificate's subjectAltName or nowhere, and
//! without `sslrootcert` the authorities are the system's.

use super::config::{TlsOptions, Verify};
use crate::error::{Code, Error, Result};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use std::path::Path;
use std::sync::Arc;
use tokio_postgres_rustls::MakeRustlsConnect;

/// What makes TLS connections as the options say. Reads the certificate files.
pub(super) fn connector(options: &TlsOptions) -> Result<MakeRustlsConnect> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let certificates = match (options.verify, &options.root) {
        (Verify::Nothing, _) => Vec::new(),
        (_, Some(file)) => certificates_of(file)?,
        (_, None) => system_certificates()?,
    };
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(certificates.iter().cloned());
    let verifier = Verifier {
        verify: options.verify,
        roots,
        certificates,
        provider: provider.clone(),
    };
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| invalid(format!("TLS to the database: {error}")))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier));
    let config = match &options.certificate {
        None => builder.with_no_client_auth(),
        Some((certificate, key)) => {
            let key = PrivateKeyDer::from_pem_file(key).map_err(|error| {
                invalid(format!(
                    "the key '{}' cannot be read: {error}",
                    key.display()
                ))
            })?;
            builder
                .with_client_auth_cert(certificates_of(certificate)?, key)
                .map_err(|error| {
                    invalid(format!(
                        "the certificate '{}' and its key cannot be used: {error}",
                        certificate.display()
                    ))
                })?
        }
    };
    Ok(MakeRustlsConnect::new(config))
}

fn system_certificates() -> Result<Vec<CertificateDer<'static>>> {
    let certificates = rustls_native_certs::load_native_certs().certs;
    if certificates.is_empty() {
        return Err(
            invalid("the system has no root certificates to verify the database's by")
                .hint("name a file of them with 'sslrootcert'"),
        );
    }
    Ok(certificates)
}

fn certificates_of(file: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let cannot = |error: rustls::pki_types::pem::Error| {
        invalid(format!(
            "the certificate file '{}' cannot be read: {error}",
            file.display()
        ))
    };
    let certificates: Vec<_> = CertificateDer::pem_file_iter(file)
        .map_err(cannot)?
        .collect::<std::result::Result<_, _>>()
        .map_err(cannot)?;
    if certificates.is_empty() {
        return Err(invalid(format!(
            "the certificate file '{}' holds no certificate",
            file.display()
        )));
    }
    Ok(certificates)
}

fn invalid(message: impl Into<String>) -> Error {
    Error::new(Code::Internal, message)
}

/// Verifies as much of the server's certificate as `sslmode` asks for. That the server holds its
/// key is verified always.
#[derive(Debug)]
struct Verifier {
    verify: Verify,
    roots: RootCertStore,
    /// The same as they stand in the file: one of them may be the server's own, signed by itself.
    certificates: Vec<CertificateDer<'static>>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        _ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if self.verify == Verify::Nothing {
            return Ok(ServerCertVerified::assertion());
        }
        let parsed = ParsedCertificate::try_from(certificate)?;
        if !self.certificates.contains(certificate) {
            verify_server_cert_signed_by_trust_anchor(
                &parsed,
                &self.roots,
                intermediates,
                now,
                self.provider.signature_verification_algorithms.all,
            )?;
        }
        if self.verify == Verify::ChainAndName {
            verify_server_name(&parsed, name)?;
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

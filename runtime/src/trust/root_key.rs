//! The key that a mesh trusts: its operator signs with it, everybody else verifies with the public half.

use super::from_hex;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use std::fmt;
use std::str::FromStr;
use zeroize::Zeroizing;

/// The private root key of a mesh. Its memory is wiped when it is dropped, and it shows its public half alone.
pub struct RootKey(SigningKey);

impl RootKey {
    /// The key of these bytes, which are to be random and known to nobody.
    pub fn from_bytes(secret: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(secret))
    }

    /// The secret itself, for the place where it is kept. Wiped when it is dropped.
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }

    /// The half that everybody may know.
    pub fn public(&self) -> RootPublicKey {
        RootPublicKey(self.0.verifying_key().to_bytes())
    }

    pub(super) fn sign(&self, bytes: &[u8]) -> [u8; 64] {
        self.0.sign(bytes).to_bytes()
    }
}

impl fmt::Debug for RootKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RootKey(of {})", self.public())
    }
}

/// The public root key of a mesh: a point of the curve in its one encoding, under which no signature fits many messages.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RootPublicKey([u8; 32]);

/// Why something is no public root key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RootKeyError {
    /// It is not written as 64 lower-case hexadecimal digits.
    #[error("a root key is written as 64 lower-case hexadecimal digits")]
    Form,
    /// No private key has it.
    #[error("the bytes are no public key of ed25519")]
    NoKey,
}

impl RootPublicKey {
    /// The key of these bytes.
    ///
    /// # Errors
    /// They are no point of the curve, a second encoding of one, or a weak one.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, RootKeyError> {
        let key = VerifyingKey::from_bytes(bytes).map_err(|_| RootKeyError::NoKey)?;
        let canonical = key.to_edwards().compress().to_bytes() == *bytes;
        if !canonical || key.is_weak() {
            return Err(RootKeyError::NoKey);
        }
        Ok(Self(*bytes))
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Whether this key signed the bytes. Strict: a signature has one form.
    pub(super) fn has_signed(&self, bytes: &[u8], signature: &[u8; 64]) -> bool {
        let signature = Signature::from_bytes(signature);
        VerifyingKey::from_bytes(&self.0).is_ok_and(|key| key.verify_strict(bytes, &signature).is_ok())
    }
}

impl FromStr for RootPublicKey {
    type Err = RootKeyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        from_hex(text)
            .ok_or(RootKeyError::Form)
            .and_then(|bytes| Self::from_bytes(&bytes))
    }
}

impl fmt::Display for RootPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for RootPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use data_encoding::HEXLOWER;
    use zeroize::ZeroizeOnDrop;

    /// RFC 8032, section 7.1, test 1: the empty message.
    const SECRET: &str = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
    const PUBLIC: &str = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    const SIGNATURE: &str = "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b";

    fn key() -> RootKey {
        RootKey::from_bytes(&from_hex(SECRET).unwrap())
    }

    #[test]
    fn signs_as_the_rfc_does() {
        let key = key();
        assert_eq!(key.public().to_string(), PUBLIC);
        assert_eq!(HEXLOWER.encode(&key.sign(b"")), SIGNATURE);
        assert!(key.public().has_signed(b"", &from_hex(SIGNATURE).unwrap()));
        assert!(!key.public().has_signed(b"x", &from_hex(SIGNATURE).unwrap()));
    }

    #[test]
    fn shows_no_secret_and_wipes_it() {
        fn wiped<T: ZeroizeOnDrop>(_: &T) {}
        let key = key();
        wiped(&key.0);
        assert_eq!(format!("{key:?}"), format!("RootKey(of {PUBLIC})"));
        assert_eq!(HEXLOWER.encode(&*key.to_bytes()), SECRET);
    }

    #[test]
    fn a_second_form_of_a_signature_is_refused() {
        let key = key().public();
        let mut signature: [u8; 64] = from_hex(SIGNATURE).unwrap();
        // the order of the group, added to the scalar
        let order = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";
        let order: [u8; 32] = from_hex(order).unwrap();
        let mut carry = 0;
        for (byte, added) in signature[32..].iter_mut().zip(order) {
            let sum = u16::from(*byte) + u16::from(added) + carry;
            *byte = sum.to_le_bytes()[0];
            carry = sum >> 8;
        }
        assert_eq!(carry, 0);
        assert!(!key.has_signed(b"", &signature));
    }

    /// Who has the private key can make one; the equation holds for it, and other libraries disagree on it.
    #[test]
    fn a_signature_with_a_commitment_of_small_order_is_refused() {
        let commitment = format!("01{}", "00".repeat(31));
        let scalar = "756cf9b1d6f0d7a979b9d2af3dc2bc1294ec7cb6daa20eaff534c024fc57920f";
        let signature: [u8; 64] = from_hex(&format!("{commitment}{scalar}")).unwrap();
        let loose = VerifyingKey::from_bytes(key().public().as_bytes()).unwrap();
        assert!(ed25519_dalek::Verifier::verify(&loose, b"", &Signature::from_bytes(&signature)).is_ok());
        assert!(!key().public().has_signed(b"", &signature));
    }

    #[test]
    fn refuses_what_is_no_key() {
        let point = |bytes: [u8; 32]| RootPublicKey::from_bytes(&bytes);
        let mut no_point = [0; 32];
        no_point[0] = 2;
        assert_eq!(point(no_point), Err(RootKeyError::NoKey));
        // the neutral element, under which one signature fits every message
        let mut weak = [0; 32];
        weak[0] = 1;
        assert_eq!(point(weak), Err(RootKeyError::NoKey));
        // the field's prime and 3 more: a second encoding of y = 3
        let mut second = [0xff; 32];
        (second[0], second[31]) = (0xf0, 0x7f);
        assert!(VerifyingKey::from_bytes(&second).is_ok());
        assert_eq!(point(second), Err(RootKeyError::NoKey));
        for text in ["", &PUBLIC.to_uppercase(), &PUBLIC[1..], &format!("{PUBLIC} ")] {
            assert_eq!(text.parse::<RootPublicKey>(), Err(RootKeyError::Form), "{text}");
        }
        assert_eq!(PUBLIC.parse(), Ok(key().public()));
    }
}

//! Messages with a number in them, and the check that each arrives whole and in its turn.

use anyhow::ensure;

/// Makes messages of one size: their number, then noise, which no compression makes smaller.
#[derive(Clone, Debug)]
pub struct Messages {
    noise: Vec<u8>,
}

impl Messages {
    /// Messages of `size` bytes, more than eight.
    pub fn new(size: usize) -> Self {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut word = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()
        };
        let mut noise: Vec<u8> = (0..size.div_ceil(8)).flat_map(|_| word()).collect();
        noise.truncate(size);
        Self { noise }
    }

    /// How many bytes each has.
    pub fn size(&self) -> u64 {
        self.noise.len() as u64
    }

    /// The message of that number.
    pub fn message(&self, number: u64) -> Vec<u8> {
        let mut message = self.noise.clone();
        message[..8].copy_from_slice(&number.to_le_bytes());
        message
    }

    /// Appends the message of that number to `out`, behind its length.
    pub fn append(&self, number: u64, out: &mut Vec<u8>) {
        append(&self.noise, out);
        let start = out.len() - self.noise.len();
        out[start..start + 8].copy_from_slice(&number.to_le_bytes());
    }

    /// Checks that a message is the one of that number.
    ///
    /// # Errors
    /// It is another one, or not whole.
    pub fn check(&self, number: u64, message: &[u8]) -> anyhow::Result<()> {
        let size = self.noise.len();
        ensure!(
            message.len() == size,
            "a message of {size} bytes has {}",
            message.len()
        );
        let last = size - 1;
        ensure!(
            message[..8] == number.to_le_bytes() && message[last] == self.noise[last],
            "message {number} is another one"
        );
        Ok(())
    }
}

/// Appends a message behind its length.
pub fn append(message: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(&(message.len() as u32).to_le_bytes());
    out.extend_from_slice(message);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_message_is_refused() {
        let messages = Messages::new(64);
        assert!(messages.check(7, &messages.message(7)).is_ok());
        assert!(messages.check(7, &messages.message(8)).is_err());
        assert!(messages.check(7, &messages.message(7)[..63]).is_err());
        let mut framed = Vec::new();
        messages.append(7, &mut framed);
        assert_eq!(framed[..4], 64_u32.to_le_bytes());
        assert!(messages.check(7, &framed[4..]).is_ok());
    }
}

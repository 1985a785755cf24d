//! What was wrong with canonical bytes, and where.

/// Bytes that are not a canonical encoding.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("at byte {offset}: {fault}")]
#[non_exhaustive]
pub struct DecodeError {
    /// Where the item that is wrong begins, in bytes from the start of the input.
    pub offset: usize,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What can be wrong with canonical bytes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The input ends inside an item, or a length says more than there is.
    #[error("{needed} bytes are needed and {remaining} are left")]
    Truncated {
        /// What the item needs from here on.
        needed: u64,
        /// What is left.
        remaining: usize,
    },
    /// The input goes on after its last item.
    #[error("{count} bytes follow the end")]
    TrailingBytes {
        /// How many.
        count: usize,
    },
    /// A varint has more bytes than its value needs.
    #[error("the varint is not in its shortest form")]
    NotShortest,
    /// A varint does not fit 64 bits, or a number that is narrower does not fit its width.
    #[error("the varint is larger than {bits} bits")]
    TooLarge {
        /// The width.
        bits: u32,
    },
    /// A string's header lacks the mark of UTF-8.
    #[error("the string's header is {header:#x}, without the mark of UTF-8")]
    StringMark {
        /// The header.
        header: u64,
    },
    /// A string is not UTF-8; the offset is that of the first wrong byte.
    #[error("the string is not UTF-8")]
    Utf8,
    /// A name is not in normalisation form C.
    #[error("the name is not in normalisation form C")]
    NotNfc,
    /// A bool is neither 0 nor 1.
    #[error("a bool is 0 or 1, not {byte:#04x}")]
    Bool {
        /// What stands there.
        byte: u8,
    },
    /// The byte after a list's count is not the marker.
    #[error("the list's marker is {byte:#04x}")]
    ListMark {
        /// What stands there.
        byte: u8,
    },
    /// A list says that it has more elements than there are bytes.
    #[error("the list has {count} elements and {remaining} bytes are left")]
    Count {
        /// The count.
        count: u64,
        /// What is left.
        remaining: usize,
    },
    /// An optional value is neither absent nor present.
    #[error("the optional's marker is {byte:#04x}")]
    OptionalMark {
        /// What stands there.
        byte: u8,
    },
    /// A discriminant that means nothing.
    #[error("{value} is not a {what}")]
    Discriminant {
        /// What should be there.
        what: &'static str,
        /// What stands there.
        value: u64,
    },
    /// A hash has another length than 32, or than 0 where it may be left out.
    #[error("a hash has 32 bytes, not {length}")]
    HashLength {
        /// The length.
        length: usize,
    },
    /// A list that is sorted is not, or has equal neighbours.
    #[error("the {what} are not in strictly ascending order")]
    Unsorted {
        /// What the list is of.
        what: &'static str,
    },
    /// Field ids are not 1, 2, 3 and so on.
    #[error("the field's id is {found} and not {expected}")]
    FieldId {
        /// The id that stands there.
        found: i32,
        /// The field's place, from 1.
        expected: usize,
    },
    /// The producer's language is not one of the known ones.
    #[error("the producer's language is none that is known")]
    UnknownLanguage,
    /// A producer's language without mode `native`.
    #[error("a producer's language is given and mode `native` is not")]
    LanguageWithoutNative,
}

//! How much goes into one comment: whole blocks, the most important ones first.

/// The most characters of a comment that forges take.
pub(super) const LIMIT: usize = 65_536;

/// A part of the comment: blocks below a heading.
pub(super) struct Part {
    /// What its blocks are called, in the singular and in the plural.
    pub(super) called: (&'static str, &'static str),
    /// What stands above the first block.
    pub(super) head: String,
    /// The blocks.
    pub(super) blocks: Vec<Block>,
    /// How important it is; parts of a lower number get their room first.
    pub(super) rank: u8,
}

/// What is kept or left out as a whole.
pub(super) struct Block {
    /// The text.
    pub(super) text: String,
    /// Whether it gets its room before the others of its part.
    pub(super) is_urgent: bool,
}

impl From<String> for Block {
    fn from(text: String) -> Block {
        Block { text, is_urgent: false }
    }
}

/// Returns the size of a text as the stricter forges count it: in units of UTF-16, of which no text has fewer than
/// characters.
pub(super) fn size(text: &str) -> usize {
    text.encode_utf16().count()
}

/// Returns the text of all parts in their order with as many blocks as there is room for, and what was left out.
pub(super) fn fit(parts: &[Part], mut room: usize) -> (String, Vec<String>) {
    let mut ranked: Vec<usize> = (0..parts.len()).collect();
    ranked.sort_by_key(|index| parts[*index].rank);
    let mut kept: Vec<Vec<bool>> = parts.iter().map(|part| vec![false; part.blocks.len()]).collect();
    for index in ranked {
        let Part { head, blocks, .. } = &parts[index];
        let mut head = size(head);
        let mut order: Vec<usize> = (0..blocks.len()).collect();
        order.sort_by_key(|block| !blocks[*block].is_urgent);
        for block in order {
            let needed = size(&blocks[block].text) + head;
            if needed <= room {
                room -= needed;
                head = 0;
                kept[index][block] = true;
            }
        }
    }
    let mut text = String::new();
    let mut left_out = Vec::new();
    for (part, kept) in parts.iter().zip(kept) {
        let missing = kept.iter().filter(|kept| !**kept).count();
        if missing < kept.len() {
            text.push_str(&part.head);
        }
        for (block, _) in part.blocks.iter().zip(&kept).filter(|(_, kept)| **kept) {
            text.push_str(&block.text);
        }
        if missing > 0 {
            let (one, many) = part.called;
            left_out.push(if missing == 1 { format!("1 {one}") } else { format!("{missing} {many}") });
        }
    }
    (text, left_out)
}

#[cfg(test)]
mod tests {
    use super::{Block, Part, fit, size};

    fn part(head: &str, blocks: &[&str], rank: u8) -> Part {
        let block =
            |block: &&str| Block { text: (*block).to_owned(), is_urgent: block.starts_with(char::is_uppercase) };
        let blocks = blocks.iter().map(block).collect();
        Part { called: ("block", "blocks"), head: head.to_owned(), blocks, rank }
    }

    #[test]
    fn the_most_important_blocks_are_kept_whole() {
        let parts = [part("A", &["aaa", "aa"], 1), part("B", &["b", "bbbbbb", "b"], 2), part("C", &["c"], 0)];
        for (room, expected, left_out) in [
            (100, "AaaaaaBbbbbbbbbCc", vec![]),
            (13, "AaaaaaBbbCc", vec!["1 block"]),
            (8, "AaaaaaCc", vec!["3 blocks"]),
            (6, "AaaaCc", vec!["1 block", "3 blocks"]),
            (2, "Cc", vec!["2 blocks", "3 blocks"]),
            (0, "", vec!["2 blocks", "3 blocks", "1 block"]),
        ] {
            let (text, left) = fit(&parts, room);
            assert_eq!((text.as_str(), left), (expected, left_out.into_iter().map(String::from).collect()));
        }
        let (text, left) = fit(&[part("A", &["aa", "aa", "URGENT", "a", "ALSO"], 0)], 14);
        assert_eq!((text.as_str(), left), ("AaaURGENTaALSO", vec!["1 block".to_owned()]));
        assert_eq!(size("é🚢"), 3);
    }
}

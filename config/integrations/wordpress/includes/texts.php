<?php
/**
 * WordPress's HTML as the text that a reader sees.
 *
 * @package ReaderCommentModeration
 */

namespace ReaderCommentModeration;

defined( 'ABSPATH' ) || exit;

/**
 * All that readers see of a comment beside its author's name: its text, and the address to which the name leads.
 *
 * @param array $data The comment, without slashes.
 * @return string
 */
function text_to_judge( $data ) {
	$text    = text_of_comment( (string) $data['comment_content'] );
	$address = isset( $data['comment_author_url'] ) ? trim( (string) $data['comment_author_url'] ) : '';
	return in_array( $address, array( '', 'http://', 'https://' ), true ) ? $text : "$text\n\n$address";
}

/**
 * A comment's content as text. A link is followed by its address, so that nothing hides behind it.
 *
 * @param string $html As WordPress keeps comments, or as somebody sent it.
 * @return string
 */
function text_of_comment( $html ) {
	$html = str_replace( "\r\n", "\n", $html );
	$html = preg_replace( '~</?(?:br|p|blockquote|div|li|ul|ol|pre|h[1-6])\b[^<>]*>~i', "\n", $html );
	$html = wp_kses( $html, 'pre_comment_content' ); // Of what is left every other < is a reader's own.
	$text = '';
	$open = null; // The address of the link that we are in, and where its words begin.
	foreach ( preg_split( '~(<[^<>]*>)~', $html, -1, PREG_SPLIT_DELIM_CAPTURE ) as $place => $part ) {
		if ( 0 === $place % 2 ) {
			$text .= html_entity_decode( $part, ENT_QUOTES | ENT_HTML5, 'UTF-8' );
		} elseif ( preg_match( '~^<a\s[^<>]*?\bhref\s*=\s*(["\'])(.*?)\1~is', $part, $found ) ) {
			$open = array( html_entity_decode( $found[2], ENT_QUOTES | ENT_HTML5, 'UTF-8' ), strlen( $text ) );
		} elseif ( null !== $open && preg_match( '~^</a~i', $part ) ) {
			$text .= address_beside( $open[0], substr( $text, $open[1] ) );
			$open  = null;
		}
	}
	if ( null !== $open ) {
		$text .= address_beside( $open[0], substr( $text, $open[1] ) );
	}
	return trim( $text );
}

/**
 * What is said beside a link's words: its address, unless the words are the address.
 *
 * @param string $address The address.
 * @param string $words   The link's words.
 * @return string
 */
function address_beside( $address, $words ) {
	return trim( $words ) === $address || '' === $address ? '' : " ($address)";
}

/**
 * A text as a plain line: entities resolved, markup gone, no longer than that.
 *
 * @param string $html    Such as a title.
 * @param int    $longest Characters.
 * @return string
 */
function line_of( $html, $longest ) {
	$text = html_entity_decode( wp_strip_all_tags( $html, true ), ENT_QUOTES | ENT_HTML5, 'UTF-8' );
	return trim( mb_substr( $text, 0, $longest ) );
}

<?php
/**
 * Before a comment is published the service is asked. When it is away, slow, overloaded or answers what makes no sense,
 * the comment waits; it never appears because something failed.
 *
 * @package ReaderCommentModeration
 */

namespace ReaderCommentModeration;

defined( 'ABSPATH' ) || exit;

/** Has new comments asked about, and what was answered kept beside them. */
function watch_comments() {
	// After other plugins: what they have taken for spam is not sent on.
	add_filter( 'pre_comment_approved', __NAMESPACE__ . '\\approved_by_service', 99, 2 );
	add_action( 'wp_insert_comment', __NAMESPACE__ . '\\keep_answer', 10, 2 );
}

/**
 * What is known of a comment between the question and the moment when WordPress stores it, by its fingerprint.
 *
 * @param string     $fingerprint Of post and text.
 * @param array|null $known       array( 'external_id', 'id', 'state', 'todo', 'approved' ), to keep it.
 * @return array|null What is kept.
 */
function asked_about( $fingerprint, $known = null ) {
	static $all = array();
	if ( null !== $known ) {
		$all[ $fingerprint ] = $known;
	}
	return isset( $all[ $fingerprint ] ) ? $all[ $fingerprint ] : null;
}

/**
 * A comment's fingerprint, alike before and after WordPress has cleaned and stored it.
 *
 * @param int    $post_id Its post.
 * @param string $author  Its author's name.
 * @param string $text    Its text.
 * @return string
 */
function fingerprint( $post_id, $author, $text ) {
	return md5( (int) $post_id . "\n" . line_of( $author, 200 ) . "\n" . preg_replace( '/[^\p{L}\p{N}]+/u', '', $text ) );
}

/**
 * Filter `pre_comment_approved`.
 *
 * @param int|string|\WP_Error $approved What WordPress and other plugins make of it: 1, 0, 'spam', 'trash' or an error.
 * @param array                $data     The comment, slashed unless it comes by the REST API.
 * @return int|string|\WP_Error
 */
function approved_by_service( $approved, $data ) {
	$type = isset( $data['comment_type'] ) ? $data['comment_type'] : '';
	if ( is_wp_error( $approved ) || ! in_array( $type, array( '', 'comment' ), true ) ) {
		return $approved;
	}
	if ( shows_section() ) {
		return refusal( __( 'Comments are written in the section under the article. Reload the page to see it.', 'reader-comment-moderation' ), 403 );
	}
	if ( ! keeps_comments() || in_array( $approved, array( 'spam', 'trash' ), true ) ) {
		return $approved;
	}
	$post = isset( $data['comment_post_ID'] ) ? get_post( (int) $data['comment_post_ID'] ) : null;
	if ( ! $post || ! is_article( $post ) ) { // Nothing of what isn't public is sent: WordPress's own moderators decide.
		return is_trusted( $data ) ? $approved : 0;
	}
	$data       += array(
		'comment_post_ID' => 0,
		'comment_author'  => '',
		'comment_content' => '',
	);
	$data        = defined( 'REST_REQUEST' ) && REST_REQUEST ? $data : wp_unslash( $data );
	$text        = text_of_comment( $data['comment_content'] );
	$fingerprint = fingerprint( $data['comment_post_ID'], $data['comment_author'], $text );
	$known       = asked_about( $fingerprint );
	if ( null === $known ) {
		$known = is_trusted( $data ) ? sent_later( $approved, 1 === (int) $approved ? 'approve' : 'ask' ) : answered( $data, text_to_judge( $data ) );
		asked_about( $fingerprint, $known );
	}
	return $known['approved'];
}

/**
 * Whether WordPress publishes whatever this author writes here: they moderate comments, or it is their post.
 *
 * @param array $data The comment.
 * @return bool
 */
function is_trusted( $data ) {
	$user_id = isset( $data['user_id'] ) ? (int) $data['user_id'] : 0;
	$post    = isset( $data['comment_post_ID'] ) ? get_post( (int) $data['comment_post_ID'] ) : null;
	return $user_id && ( user_can( $user_id, 'moderate_comments' ) || ( $post && (int) $post->post_author === $user_id ) );
}

/**
 * A comment that is sent in the background.
 *
 * @param int|string $approved What becomes of it here.
 * @param string     $todo     What the service is to do with it.
 * @return array As `asked_about` has it.
 */
function sent_later( $approved, $todo = 'ask' ) {
	return array(
		'external_id' => new_external_id(),
		'id'          => '',
		'state'       => array(),
		'todo'        => $todo,
		'approved'    => $approved,
	);
}

/**
 * Asks the service about a new comment.
 *
 * @param array  $data The comment, without slashes.
 * @param string $text What is judged of it.
 * @return array As `asked_about` has it.
 */
function answered( $data, $text ) {
	$known = sent_later( 0 );
	if ( is_silent() ) {
		return $known;
	}
	$body   = comment_body( $data, $text, $known['external_id'] );
	$ends   = microtime( true ) + TIME_LIMIT_IN_ALL;
	$answer = send_comment( (int) $data['comment_post_ID'], $body, $ends );
	if ( is_about_the_comment( $answer ) ) {
		$known['approved'] = refusal( $answer->problem(), $answer->status );
		return $known;
	}
	if ( '' === $answer->text( 'id' ) ) {
		return $known;
	}
	return array(
		'external_id' => $known['external_id'],
		'id'          => $answer->text( 'id' ),
		'state'       => state_of( $answer, $text ),
		'todo'        => '',
		'approved'    => approved_for( $answer->text( 'status' ), '' ),
	);
}

/**
 * What the writer is told in place of storing the comment.
 *
 * @param string $words  Why.
 * @param int    $status HTTP's status.
 * @return \WP_Error
 */
function refusal( $words, $status ) {
	$in_rest = defined( 'REST_REQUEST' ) && REST_REQUEST;
	return new \WP_Error( 'comment_refused', esc_html( $words ), $in_rest ? array( 'status' => $status ) : $status );
}

/**
 * Action `wp_insert_comment`: what was answered is kept with the comment, now that it has an id.
 *
 * @param int         $comment_id Its id in WordPress.
 * @param \WP_Comment $comment    The comment.
 */
function keep_answer( $comment_id, $comment ) {
	$text  = text_of_comment( $comment->comment_content );
	$known = asked_about( fingerprint( (int) $comment->comment_post_ID, $comment->comment_author, $text ) );
	if ( null === $known || is_wp_error( $known['approved'] ) ) {
		return;
	}
	add_comment_meta( $comment_id, EXTERNAL_ID, $known['external_id'], true );
	if ( '' !== $known['id'] ) {
		add_comment_meta( $comment_id, COMMENT_ID, $known['id'], true );
		add_comment_meta( $comment_id, STATE, $known['state'], true );
	}
	if ( '' !== $known['todo'] ) {
		add_comment_meta( $comment_id, TODO, $known['todo'], true );
		work_soon();
	}
}

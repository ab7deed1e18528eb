<?php
/**
 * Before a comment is published the service is asked. When it is away, slow, overloaded or answers what makes no sense,
 * the comment waits; it never appears because something failed.
 *
 * @package ReaderCommentModeration
 */

namespace ReaderCommentModeration;

defined( 'ABSPATH' ) || exit;

/** Seconds that all requests about one new comment may take together. */
const TIME_LIMIT_IN_ALL = 8;

/** On a comment: the service's id of it. */
const COMMENT_ID = '_rcm_id';

/** On a comment: the id under which it was sent, made before WordPress had one of its own. */
const EXTERNAL_ID = '_rcm_external_id';

/** On a comment: array( 'revision', 'status', 'text' (a hash of what was sent) ), as far as known. */
const STATE = '_rcm_state';

/** On a comment that is not as it is at the service: 'ask', or what was decided here ('approve', 'reject', 'reopen'). */
const TODO = '_rcm_todo';

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
		$known = is_trusted( $data ) ? sent_later( $approved, 1 === (int) $approved ? 'approve' : 'ask' ) : answered( $data, $text );
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
 * @param string $text Its text.
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
 * Sends a comment, and first its article where the service doesn't know it.
 *
 * @param int   $post_id Its post.
 * @param array $body    As the service takes it.
 * @param float $ends    When, in seconds, all of this must have ended.
 * @return Answer With an 'id' and a 'status' that make sense, or with none.
 */
function send_comment( $post_id, $body, $ends ) {
	$path   = article_path( $post_id ) . '/comments';
	$answer = ask_service( 'POST', $path, $body, seconds_until( $ends ) );
	$post   = get_post( $post_id );
	if ( 404 === $answer->status && $post && is_article( $post ) && send_article( $post, seconds_until( $ends ) ) ) {
		$answer = ask_service( 'POST', $path, $body, seconds_until( $ends ) );
	}
	if ( 422 === $answer->status && isset( $body['parent_id'] ) && 'parent_id' === field_of( $answer ) ) {
		unset( $body['parent_id'] ); // Refused there meanwhile: what answers it stands on its own.
		$answer = ask_service( 'POST', $path, $body, seconds_until( $ends ) );
	}
	if ( 409 === $answer->status && '' !== $answer->text( 'comment_id' ) ) {
		$answer = ask_service( 'GET', comment_path( $answer->text( 'comment_id' ) ), null, seconds_until( $ends ) );
	}
	if ( $answer->status >= 200 && $answer->status < 300 && ! makes_sense( $answer ) ) {
		$words = __( 'The service answered something that this plugin does not understand.', 'reader-comment-moderation' );
		remember_problem( $words );
		return new Answer( 0, array(), $words );
	}
	return $answer;
}

/**
 * Whether an answer tells where a comment stands.
 *
 * @param Answer $answer The answer.
 * @return bool
 */
function makes_sense( $answer ) {
	return (bool) preg_match( '/^[0-9a-z]{26}$/', $answer->text( 'id' ) )
		&& null !== approved_for( $answer->text( 'status' ), '' );
}

/**
 * The whole seconds that are left, one at least.
 *
 * @param float $ends When it must have ended.
 * @return int
 */
function seconds_until( $ends ) {
	return (int) max( 1, min( TIME_LIMIT, floor( $ends - microtime( true ) ) ) );
}

/**
 * Whether the service refuses this very comment, for a reason that its writer can mend or should know.
 *
 * @param Answer $answer The answer.
 * @return bool
 */
function is_about_the_comment( $answer ) {
	if ( 403 === $answer->status ) {
		return in_array( $answer->text( 'code' ), array( 'discussion_closed', 'author_banned' ), true );
	}
	return 422 === $answer->status && in_array( field_of( $answer ), array( 'body', 'author.name' ), true );
}

/**
 * The first field that an answer finds fault with.
 *
 * @param Answer $answer The answer.
 * @return string
 */
function field_of( $answer ) {
	$errors = isset( $answer->json['errors'] ) && is_array( $answer->json['errors'] ) ? $answer->json['errors'] : array();
	return isset( $errors[0]['field'] ) && is_string( $errors[0]['field'] ) ? $errors[0]['field'] : '';
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
 * What a status of the service's is in WordPress: 1, 0, 'spam', 'trash', 'delete'; null for one that isn't known.
 *
 * @param string $status Such as 'approved'.
 * @param string $reason The id of the reason for which it was rejected, '' for none.
 * @return int|string|null
 */
function approved_for( $status, $reason ) {
	$all = array(
		'received'  => 0,
		'pending'   => 0,
		'approved'  => 1,
		'rejected'  => 'spam' === $reason ? 'spam' : 'trash',
		'withdrawn' => 'trash',
		'expired'   => 'trash',
		'erased'    => 'delete',
	);
	return isset( $all[ $status ] ) ? $all[ $status ] : null;
}

/**
 * What is kept beside a comment of the service's answer.
 *
 * @param Answer $answer The answer.
 * @param string $text   The text that was sent.
 * @return array
 */
function state_of( $answer, $text ) {
	return array(
		'revision' => isset( $answer->json['revision'] ) ? (int) $answer->json['revision'] : 1,
		'status'   => $answer->text( 'status' ),
		'text'     => md5( $text ),
	);
}

/**
 * A name for a comment that nobody else gives to one.
 *
 * @return string
 */
function new_external_id() {
	return 'wp-' . get_current_blog_id() . '-' . wp_generate_uuid4();
}

/**
 * The path of a comment in the service's API.
 *
 * @param string $id Its id there.
 * @return string
 */
function comment_path( $id ) {
	return '/api/v1/comments/' . rawurlencode( $id );
}

/**
 * A comment as the service takes it.
 *
 * @param array  $data        The comment, without slashes.
 * @param string $text        Its text.
 * @param string $external_id Its name.
 * @return array
 */
function comment_body( $data, $text, $external_id ) {
	$name    = line_of( (string) $data['comment_author'], 80 );
	$user_id = isset( $data['user_id'] ) ? (int) $data['user_id'] : 0;
	$email   = isset( $data['comment_author_email'] ) ? strtolower( trim( (string) $data['comment_author_email'] ) ) : '';
	$author  = array( 'name' => '' !== $name ? $name : __( 'Anonymous', 'reader-comment-moderation' ) );
	if ( $user_id ) {
		$author['id']       = (string) $user_id;
		$author['verified'] = true;
	} elseif ( '' !== $email ) {
		$author['id'] = 'mailto:' . $email;
	}
	if ( is_trusted( $data ) ) {
		$author['staff'] = true;
	}
	if ( ! empty( $data['comment_author_IP'] ) && filter_var( $data['comment_author_IP'], FILTER_VALIDATE_IP ) ) {
		$author['address'] = (string) $data['comment_author_IP'];
	}
	$body   = array(
		'author'      => $author,
		'body'        => $text,
		'external_id' => $external_id,
	);
	$parent = isset( $data['comment_parent'] ) ? (int) $data['comment_parent'] : 0;
	$above  = $parent ? get_comment_meta( $parent, COMMENT_ID, true ) : '';
	if ( is_string( $above ) && '' !== $above ) {
		$body['parent_id'] = $above;
	}
	return $body;
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

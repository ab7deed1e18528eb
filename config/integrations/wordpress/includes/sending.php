<?php
/**
 * A comment on its way to the service, and what the answer says of it.
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

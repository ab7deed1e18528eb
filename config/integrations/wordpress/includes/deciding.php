<?php
/**
 * Decisions, edits and deletions in WordPress are told to the service.
 *
 * @package ReaderCommentModeration
 */

namespace ReaderCommentModeration;

defined( 'ABSPATH' ) || exit;

/** Name of the option with the service's ids of comments that were deleted here and are still to be rejected there. */
const DELETED = 'rcm_deleted';

/** So many deleted comments are kept for the service while it is away. */
const MOST_DELETED = 1000;

/** Has decisions, edits and deletions in WordPress passed on. */
function watch_decisions() {
	add_action( 'transition_comment_status', __NAMESPACE__ . '\\status_changed', 10, 3 );
	add_action( 'edit_comment', __NAMESPACE__ . '\\comment_edited' );
	add_action( 'delete_comment', __NAMESPACE__ . '\\comment_deleted' );
	add_action( 'untrashed_post_comments', __NAMESPACE__ . '\\post_restored' );
}

/**
 * Action `transition_comment_status`: somebody, or another plugin, has decided in WordPress.
 *
 * @param string      $new     'approved', 'unapproved', 'spam', 'trash' or 'delete'.
 * @param string      $old     The one before.
 * @param \WP_Comment $comment The comment.
 */
function status_changed( $new, $old, $comment ) {
	$outcomes = array(
		'approved'   => 'approve',
		'unapproved' => 'reopen',
		'spam'       => 'reject',
		'trash'      => 'reject',
	);
	if ( is_carrying_out() || ! keeps_comments() || ! isset( $outcomes[ $new ] ) ) {
		return;
	}
	if ( '' === external_id_of( $comment->comment_ID ) ) {
		return; // From before this plugin, or what was never asked about.
	}
	update_comment_meta( $comment->comment_ID, TODO, $outcomes[ $new ] );
	if ( is_silent() || ! agree( get_comment( $comment->comment_ID ) ) ) {
		work_soon();
	}
}

/**
 * Action `edit_comment`: its text may have changed. While it waits the service gets the new one; what was decided was
 * decided about the old one, and stays.
 *
 * @param int $comment_id Its id in WordPress.
 */
function comment_edited( $comment_id ) {
	$comment = get_comment( $comment_id );
	if ( is_carrying_out() || ! keeps_comments() || ! $comment || '' === service_id_of( $comment_id ) ) {
		return;
	}
	if ( ! has_other_text( $comment_id, text_to_judge( $comment->to_array() ) ) ) {
		return;
	}
	add_comment_meta( $comment_id, TODO, 'ask', true );
	if ( is_silent() || ! agree( $comment ) ) {
		work_soon();
	}
}

/**
 * Action `delete_comment`: it goes for good, so that the service must not show it as published either.
 *
 * @param int $comment_id Its id in WordPress.
 */
function comment_deleted( $comment_id ) {
	$id    = service_id_of( $comment_id );
	$state = comment_state( $comment_id );
	$gone  = isset( $state['status'] ) && in_array( $state['status'], array( 'rejected', 'withdrawn', 'expired', 'erased' ), true );
	if ( is_carrying_out() || ! keeps_comments() || '' === $id || $gone ) {
		return;
	}
	$waiting   = (array) get_option( DELETED, array() );
	$waiting[] = $id;
	update_option( DELETED, array_slice( array_unique( $waiting ), -MOST_DELETED ), false );
	if ( is_silent() || ! tell_of_deleted() ) {
		work_soon();
	}
}

/**
 * Action `untrashed_post_comments`: WordPress has put the comments of a post back as they were when it was trashed. What
 * was decided about them meanwhile holds.
 *
 * @param int $post_id The post's id.
 */
function post_restored( $post_id ) {
	$comments = get_comments(
		array(
			'post_id'      => $post_id,
			'status'       => 'any',
			'meta_key'     => STATE, // phpcs:ignore WordPress.DB.SlowDBQuery.slow_db_query_meta_key
			'meta_compare' => 'EXISTS',
		)
	);
	foreach ( $comments as $comment ) {
		$state = comment_state( $comment->comment_ID );
		if ( '' === (string) get_comment_meta( $comment->comment_ID, TODO, true ) && isset( $state['status'] ) ) {
			set_status( $comment, approved_for( $state['status'], '' ) );
		}
	}
}

/**
 * Has the service reject what was deleted here.
 *
 * @return bool Whether nothing is left to tell.
 */
function tell_of_deleted() {
	foreach ( (array) get_option( DELETED, array() ) as $id ) {
		$answer = ask_service( 'POST', comment_path( $id ) . '/decisions', decision_body( 'reject', '', null ) );
		if ( cannot_go_on( $answer ) ) {
			return false;
		}
		update_option( DELETED, array_values( array_diff( (array) get_option( DELETED, array() ), array( $id ) ) ), false );
	}
	return true;
}

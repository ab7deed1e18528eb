<?php
/**
 * The service tells of decisions: a REST route takes its signed events (Standard Webhooks).
 *
 * @package ReaderCommentModeration
 */

namespace ReaderCommentModeration;

defined( 'ABSPATH' ) || exit;

/** Seconds by which an event's time may differ from ours. */
const TOLERANCE = 300;

/** Seconds within which a comment may be known to the service before WordPress has stored it. */
const STORED_WITHIN = 20;

/** Name of the option with the time of the last event that came. */
const LAST_EVENT = 'rcm_last_event';

/** Takes events from now on. */
function receive_events() {
	add_action( 'rest_api_init', __NAMESPACE__ . '\\register_route' );
}

/** Registers the route. Its signature is all that opens it. */
function register_route() {
	register_rest_route(
		'reader-comment-moderation/v1',
		'/events',
		array(
			'methods'             => 'POST',
			'callback'            => __NAMESPACE__ . '\\event_came',
			'permission_callback' => '__return_true',
		)
	);
}

/**
 * The address that the service is told.
 *
 * @return string
 */
function events_address() {
	return rest_url( 'reader-comment-moderation/v1/events' );
}

/**
 * An event comes in. Answers 204 once it is carried out, 401 where its signature is wrong, 503 where it comes too early.
 *
 * @param \WP_REST_Request $request The request.
 * @return \WP_REST_Response|\WP_Error
 */
function event_came( $request ) {
	$trouble = signature_trouble(
		setting( 'webhook_secret' ),
		(string) $request->get_header( 'webhook-id' ),
		(string) $request->get_header( 'webhook-timestamp' ),
		(string) $request->get_header( 'webhook-signature' ),
		(string) $request->get_body()
	);
	if ( '' !== $trouble ) {
		return new \WP_Error( 'not_signed', $trouble, array( 'status' => 401 ) );
	}
	$event = json_decode( $request->get_body(), true );
	if ( ! is_array( $event ) ) {
		return new \WP_Error( 'no_event', __( 'The body is no JSON object.', 'reader-comment-moderation' ), array( 'status' => 400 ) );
	}
	update_option( LAST_EVENT, time(), false );
	$data = isset( $event['data'] ) && is_array( $event['data'] ) ? $event['data'] : array();
	$told = isset( $data['comment'] ) && is_array( $data['comment'] ) ? $data['comment'] : array();
	if ( $told && isset( $data['article'] ) && shows_section() ) {
		count_anew( $data['article'] );
	}
	if ( $told && keeps_comments() && ! carried_out_event( new Answer( 200, $told ), $data ) ) {
		return new \WP_Error( 'too_early', __( 'This comment is not stored yet.', 'reader-comment-moderation' ), array( 'status' => 503 ) );
	}
	return new \WP_REST_Response( null, 204 );
}

/**
 * What is wrong with a signature, '' where it is right.
 *
 * @param string $secrets   One or, while they are changed, several, each 'whsec_…', with spaces between.
 * @param string $id        Header webhook-id.
 * @param string $timestamp Header webhook-timestamp: seconds.
 * @param string $given     Header webhook-signature: one or several, with spaces between.
 * @param string $body      As it came.
 * @return string
 */
function signature_trouble( $secrets, $id, $timestamp, $given, $body ) {
	if ( '' === $secrets ) {
		return __( 'This site has no webhook secret yet.', 'reader-comment-moderation' );
	}
	if ( '' === $id || ! preg_match( '/^[0-9]{1,12}$/', $timestamp ) || abs( time() - (int) $timestamp ) > TOLERANCE ) {
		return __( 'The event is too old, or from the future: compare the clocks.', 'reader-comment-moderation' );
	}
	$right = false;
	foreach ( preg_split( '/\s+/', $secrets, -1, PREG_SPLIT_NO_EMPTY ) as $secret ) {
		$key  = base64_decode( preg_replace( '/^whsec_/', '', $secret ), true ); // phpcs:ignore WordPress.PHP.DiscouragedPHPFunctions
		$ours = 'v1,' . base64_encode( hash_hmac( 'sha256', "$id.$timestamp.$body", (string) $key, true ) ); // phpcs:ignore WordPress.PHP.DiscouragedPHPFunctions
		foreach ( array_slice( explode( ' ', $given ), 0, 10 ) as $each ) {
			$right = ( $key && hash_equals( $ours, $each ) ) || $right;
		}
	}
	return $right ? '' : __( 'The signature does not belong to this site\'s webhook secret.', 'reader-comment-moderation' );
}

/**
 * Carries out what an event tells of a comment. Events that come again, or late, change nothing: what they tell is older
 * than what is known.
 *
 * @param Answer $told Where the comment stands.
 * @param array  $data The event's data.
 * @return bool Whether it is done with: false where WordPress has yet to store the comment.
 */
function carried_out_event( $told, $data ) {
	if ( ! makes_sense( $told ) || ! isset( $told->json['revision'] ) || ! is_int( $told->json['revision'] ) ) {
		return true;
	}
	$comment = comment_told_of( $told, $data );
	if ( null === $comment ) {
		$just_now = strtotime( $told->text( 'created_at' ) ) > time() - STORED_WITHIN;
		return ! ( $just_now && is_named_here( $told->text( 'external_id' ) ) );
	}
	$state = comment_state_now( $comment->comment_ID );
	if ( '' !== (string) get_comment_meta( $comment->comment_ID, TODO, true ) ) {
		work_soon(); // Something was decided here too: there it is found out who was later.
		return true;
	}
	if ( isset( $state['revision'] ) && (int) $told->json['revision'] < $state['revision'] ) {
		return true;
	}
	carry_out( $comment, $told );
	return true;
}

/**
 * Whether an external id is one that this site gives.
 *
 * @param string $external_id The id.
 * @return bool
 */
function is_named_here( $external_id ) {
	return 0 === strpos( $external_id, 'wp-' . get_current_blog_id() . '-' );
}

/**
 * The comment that an event is about; the newest, where somebody sent the same one again.
 *
 * @param Answer $told What is told of it.
 * @param array  $data The event's data.
 * @return \WP_Comment|null
 */
function comment_told_of( $told, $data ) {
	if ( preg_match( '/^wordpress:(?:.{1,200}:)?([0-9]{1,18})$/', $told->text( 'external_id' ), $found ) ) {
		return imported_comment( (int) $found[1], $told );
	}
	$names = array( COMMENT_ID => $told->text( 'id' ) );
	if ( is_named_here( $told->text( 'external_id' ) ) ) {
		$names[ EXTERNAL_ID ] = $told->text( 'external_id' );
	}
	$article = isset( $data['article']['id'] ) && is_string( $data['article']['id'] ) ? post_of_article( $data['article']['id'] ) : 0;
	foreach ( $names as $key => $value ) {
		$found = get_comments(
			array(
				'post_id'    => $article, // Where it is known few comments have to be looked at.
				'status'     => 'any',
				'meta_key'   => $key, // phpcs:ignore WordPress.DB.SlowDBQuery.slow_db_query_meta_key
				'meta_value' => $value, // phpcs:ignore WordPress.DB.SlowDBQuery.slow_db_query_meta_value
				'orderby'    => 'comment_ID',
				'order'      => 'DESC',
				'number'     => 1,
			)
		);
		if ( $found ) {
			return $found[0];
		}
	}
	return null;
}

/**
 * A comment that came to the service with an export of this site (`moderation import wordpress`), and not of another
 * that has a comment of the same number: it was written in the same second, by somebody of the same name.
 *
 * @param int    $comment_id Its id in WordPress.
 * @param Answer $told       What is told of it.
 * @return \WP_Comment|null
 */
function imported_comment( $comment_id, $told ) {
	$comment = get_comment( $comment_id );
	if ( ! $comment ) {
		return null;
	}
	$kept = service_id_of( $comment_id );
	if ( '' !== $kept ) {
		return $kept === $told->text( 'id' ) ? $comment : null;
	}
	$name = isset( $told->json['author']['name'] ) ? $told->json['author']['name'] : '';
	$same = line_of( $comment->comment_author, 80 ) === $name || 'erased' === $told->text( 'status' ); // Which has no name left.
	if ( ! $same || strtotime( $told->text( 'created_at' ) ) !== strtotime( $comment->comment_date_gmt . ' UTC' ) ) {
		return null;
	}
	update_comment_meta( $comment_id, COMMENT_ID, $told->text( 'id' ) ); // From now on both agree about it.
	update_comment_meta( $comment_id, EXTERNAL_ID, $told->text( 'external_id' ) );
	return $comment;
}

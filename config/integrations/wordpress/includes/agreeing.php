<?php
/**
 * WordPress and the service agree about every comment: what was decided here goes there, and what was decided there is
 * carried out here.
 *
 * @package ReaderCommentModeration
 */

namespace ReaderCommentModeration;

defined( 'ABSPATH' ) || exit;

/**
 * Whether what happens now is done by this plugin itself, on the service's word, so that it isn't told of it again.
 *
 * @param bool|null $now To say so.
 * @return bool
 */
function is_carrying_out( $now = null ) {
	static $is = false;
	$was = $is;
	if ( null !== $now ) {
		$is = $now;
	}
	return null === $now ? $is : $was;
}

/**
 * Brings a comment and what the service knows of it together, whatever was missed: sends it, sends what was decided
 * here, or carries out what was decided there.
 *
 * @param \WP_Comment $comment The comment.
 * @return bool|null Whether they agree, or never will: false where the service is away, null where it wants nothing more
 *                   about this author just now.
 */
function agree( $comment ) {
	$todo = get_comment_meta( $comment->comment_ID, TODO, true );
	if ( ! is_string( $todo ) || '' === $todo ) {
		return true;
	}
	$id     = service_id_of( $comment->comment_ID );
	$text   = text_to_judge( $comment->to_array() );
	$answer = '' === $id ? sent( $comment, $text ) : ask_service( 'GET', comment_path( $id ) );
	if ( '' !== $id && makes_sense( $answer ) && is_decided_so( $answer, 'reopen' ) && has_other_text( $comment->comment_ID, $text ) ) {
		$answer = with_new_text( $answer, $text );
	}
	if ( cannot_go_on( $answer ) ) {
		return is_later( $answer ) ? null : false;
	}
	if ( ! makes_sense( $answer ) ) { // Refused for good, or gone: it is WordPress's alone.
		remember_problem( $answer->problem() );
		delete_comment_meta( $comment->comment_ID, TODO );
		return true;
	}
	if ( '' === $id ) {
		update_comment_meta( $comment->comment_ID, COMMENT_ID, $answer->text( 'id' ) );
	}
	$theirs = 'reject' !== $todo && was_decided_meanwhile( $comment, $answer );
	if ( 'ask' !== $todo && ! $theirs && ! is_decided_so( $answer, $todo ) ) {
		$answer = decided( $comment, $answer, $todo );
		if ( cannot_go_on( $answer ) ) {
			return is_later( $answer ) ? null : false;
		}
	}
	carry_out( $comment, $answer, $text );
	delete_comment_meta( $comment->comment_ID, TODO, $todo );
	return true;
}

/**
 * Whether an answer says that there is no use in asking for anything else now.
 *
 * @param Answer $answer The answer.
 * @return bool
 */
function cannot_go_on( $answer ) {
	$refused = 403 === $answer->status && ! is_about_the_comment( $answer );
	return $answer->is_away() || 401 === $answer->status || $refused;
}

/**
 * Whether an answer says that there was too much of late: it may be of this author alone.
 *
 * @param Answer $answer The answer.
 * @return bool
 */
function is_later( $answer ) {
	return 429 === $answer->status;
}

/**
 * Whether the service has another text of a comment than this one.
 *
 * @param int    $comment_id Its id in WordPress.
 * @param string $text       What is judged of it.
 * @return bool
 */
function has_other_text( $comment_id, $text ) {
	$state = comment_state( $comment_id );
	return isset( $state['text'] ) && '' !== $state['text'] && md5( $text ) !== $state['text'];
}

/**
 * Gives the service the new text of a comment that waits there.
 *
 * @param Answer $stands Where it stands.
 * @param string $text   The text.
 * @return Answer Where it stands afterwards.
 */
function with_new_text( $stands, $text ) {
	$path   = comment_path( $stands->text( 'id' ) );
	$answer = ask_service( 'PATCH', $path . '?receipt=' . rawurlencode( $stands->text( 'receipt' ) ), array( 'body' => $text ) );
	if ( cannot_go_on( $answer ) ) {
		return $answer;
	}
	if ( 200 !== $answer->status ) { // Decided this moment, or edited too often: it stands there with the text of before.
		remember_problem( $answer->problem() );
	}
	return ask_service( 'GET', $path );
}

/**
 * Sends a comment that could not be sent when it was written.
 *
 * @param \WP_Comment $comment The comment.
 * @param string      $text    Its text.
 * @return Answer
 */
function sent( $comment, $text ) {
	$body               = comment_body( $comment->to_array(), $text, external_id_of( $comment->comment_ID ) );
	$body['created_at'] = gmdate( 'Y-m-d\TH:i:s\Z', min( time(), (int) strtotime( $comment->comment_date_gmt . ' UTC' ) ) );
	return send_comment( (int) $comment->comment_post_ID, $body, microtime( true ) + TIME_LIMIT_IN_ALL );
}

/**
 * Whether a comment stands at the service as it was decided here.
 *
 * @param Answer $answer  Where it stands.
 * @param string $outcome 'approve', 'reject' or 'reopen'.
 * @return bool
 */
function is_decided_so( $answer, $outcome ) {
	$so = array(
		'approve' => array( 'approved' ),
		'reject'  => array( 'rejected', 'withdrawn', 'expired', 'erased' ),
		'reopen'  => array( 'pending', 'received' ),
	);
	return in_array( $answer->text( 'status' ), $so[ $outcome ], true );
}

/**
 * Whether somebody at the service has decided since this site was last told. Of two who didn't know of each other, the
 * one who refuses prevails; else it is the one at the service.
 *
 * @param \WP_Comment $comment The comment.
 * @param Answer      $answer  Where it stands.
 * @return bool
 */
function was_decided_meanwhile( $comment, $answer ) {
	$state = comment_state( $comment->comment_ID );
	$known = isset( $state['revision'] ) ? $state['revision'] : 0;
	$new   = isset( $answer->json['revision'] ) ? (int) $answer->json['revision'] : 0;
	return $known > 0 && $new > $known && ! is_decided_so( $answer, 'reopen' );
}

/**
 * Tells the service what was decided here.
 *
 * @param \WP_Comment $comment The comment.
 * @param Answer      $stands  Where it stands there.
 * @param string      $outcome 'approve', 'reject' or 'reopen'.
 * @return Answer Where it stands afterwards.
 */
function decided( $comment, $stands, $outcome ) {
	$path     = comment_path( $stands->text( 'id' ) );
	$reason   = 'reject' === $outcome && 'spam' === $comment->comment_approved ? 'spam' : '';
	$revision = isset( $stands->json['revision'] ) ? (int) $stands->json['revision'] : null;
	$answer   = ask_service( 'POST', $path . '/decisions', decision_body( $outcome, $reason, $revision ) );
	if ( 422 === $answer->status && '' !== $reason && 'reason' === field_of( $answer ) ) { // A newsroom without that reason.
		$answer = ask_service( 'POST', $path . '/decisions', decision_body( $outcome, '', $revision ) );
	}
	if ( cannot_go_on( $answer ) || makes_sense( $answer ) ) {
		return $answer;
	}
	remember_problem( $answer->problem() );
	return ask_service( 'GET', $path ); // Somebody decided just now, or it was withdrawn: as it stands there.
}

/**
 * A decision as the service takes it.
 *
 * @param string   $outcome  'approve', 'reject' or 'reopen'.
 * @param string   $reason   The id of a reason, or ''.
 * @param int|null $revision The one that was decided about.
 * @return array
 */
function decision_body( $outcome, $reason, $revision ) {
	$user = wp_get_current_user();
	$name = $user->exists() ? line_of( $user->display_name, 100 ) : '';
	$body = array(
		'outcome'  => $outcome,
		'revision' => $revision,
		/* translators: %s: the name of a WordPress user. */
		'note'     => '' === $name ? __( 'Decided in WordPress.', 'reader-comment-moderation' ) : sprintf( __( 'Decided in WordPress by %s.', 'reader-comment-moderation' ), $name ),
	);
	if ( '' !== $reason ) {
		$body['reason'] = $reason;
	}
	return $body;
}

/**
 * Has a comment stand in WordPress as it stands at the service, and keeps how that is. Several do so at once, each in a
 * process of its own: what is older than what another has kept meanwhile changes nothing.
 *
 * @param \WP_Comment $comment The comment.
 * @param Answer      $answer  Where it stands: 'status', and as far as told 'revision' and 'reason' or 'decision'.
 * @param string|null $text    The text that was sent, where that is known.
 */
function carry_out( $comment, $answer, $text = null ) {
	$told     = isset( $answer->json['revision'] ) ? (int) $answer->json['revision'] : null;
	$decision = isset( $answer->json['decision'] ) && is_array( $answer->json['decision'] ) ? $answer->json['decision'] : array();
	$reason   = '' !== $answer->text( 'reason' ) ? $answer->text( 'reason' ) : ( isset( $decision['reason'] ) && is_string( $decision['reason'] ) ? $decision['reason'] : '' );
	for ( $try = 0; $try < 5; $try++ ) {
		$known    = comment_state_now( $comment->comment_ID );
		$revision = isset( $known['revision'] ) ? $known['revision'] : 0;
		if ( null !== $told && $told < $revision ) {
			return;
		}
		$state = array(
			'revision' => max( null === $told ? 1 : $told, $revision ),
			'status'   => $answer->text( 'status' ),
			'text'     => null !== $text ? md5( $text ) : ( isset( $known['text'] ) ? $known['text'] : '' ),
		);
		if ( keep_state( $comment->comment_ID, $known, $state ) ) {
			break;
		}
	}
	set_status( $comment, approved_for( $answer->text( 'status' ), $reason ) );
}

/**
 * Keeps how a comment stands, unless another has just kept something else.
 *
 * @param int   $comment_id Its id in WordPress.
 * @param array $known      What was kept before.
 * @param array $state      What is to be.
 * @return bool Whether it is kept.
 */
function keep_state( $comment_id, $known, $state ) {
	if ( $known === $state ) {
		return true;
	}
	if ( array() === $known ) {
		return (bool) add_comment_meta( $comment_id, STATE, $state, true );
	}
	return (bool) update_comment_meta( $comment_id, STATE, $state, $known );
}

/**
 * Sets a comment's status without telling the service of it.
 *
 * @param \WP_Comment     $comment The comment.
 * @param int|string|null $wanted  1, 0, 'spam', 'trash' or 'delete'.
 */
function set_status( $comment, $wanted ) {
	$comment = get_comment( $comment->comment_ID );
	$now     = $comment ? (string) $comment->comment_approved : '';
	$refused = array( 'spam', 'trash' );
	// Refused is refused: whether as spam or not is told apart here only where nobody has said so before.
	$is_so = (string) $wanted === $now || ( in_array( $wanted, $refused, true ) && in_array( $now, $refused, true ) );
	if ( ! $comment || null === $wanted || $is_so || 'post-trashed' === $now ) {
		return;
	}
	$before = is_carrying_out( true );
	if ( 'delete' === $wanted ) {
		wp_delete_comment( $comment->comment_ID, true );
	} else {
		$words = array(
			'1'     => 'approve',
			'0'     => 'hold',
			'spam'  => 'spam',
			'trash' => 'trash',
		);
		wp_set_comment_status( $comment->comment_ID, $words[ (string) $wanted ] );
		if ( in_array( $wanted, $refused, true ) ) { // As WordPress does it, so that it can be restored, and is emptied in time.
			update_comment_meta( $comment->comment_ID, '_wp_trash_meta_status', $now );
			update_comment_meta( $comment->comment_ID, '_wp_trash_meta_time', time() );
		}
	}
	is_carrying_out( $before );
}

/**
 * The service's id of a comment, '' where it has none.
 *
 * @param int $comment_id Its id in WordPress.
 * @return string
 */
function service_id_of( $comment_id ) {
	return (string) get_comment_meta( $comment_id, COMMENT_ID, true );
}

/**
 * The id under which a comment is or will be sent, '' where the service is not asked about it.
 *
 * @param int $comment_id Its id in WordPress.
 * @return string
 */
function external_id_of( $comment_id ) {
	return (string) get_comment_meta( $comment_id, EXTERNAL_ID, true );
}

/**
 * How a comment stood at the service when this site was last told.
 *
 * @param int $comment_id Its id in WordPress.
 * @return array See STATE.
 */
function comment_state( $comment_id ) {
	$state = get_comment_meta( $comment_id, STATE, true );
	return is_array( $state ) ? $state : array();
}

/**
 * The same as it is now, whatever this process has read of it before.
 *
 * @param int $comment_id Its id in WordPress.
 * @return array See STATE.
 */
function comment_state_now( $comment_id ) {
	wp_cache_delete( $comment_id, 'comment_meta' );
	return comment_state( $comment_id );
}
